import { Button, Group, SimpleGrid, Skeleton, Stack, Switch, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { Link } from "wouter";
import type { Scope } from "../../api/calls";
import { queries } from "../../app/queries";
import { useMe } from "../../app/session";
import { ProblemBanner } from "../../components/ProblemBanner";
import { DesktopCard } from "./DesktopCard";
import { NoDesktops } from "./NoDesktops";

/** My desktops, or for administrators everybody's. */
export function HomeScreen(): ReactNode {
  useDocumentTitle("My desktops – Beamdesk");
  const me = useMe();
  const [scope, setScope] = useState<Scope>("own");
  const { data, error, isPending, refetch } = useQuery(queries.instances(scope));
  const shown = data?.filter((each) => each.state !== "DELETED");

  return (
    <Stack gap="lg">
      <Group justify="space-between">
        <Title order={1}>{scope === "own" ? "My desktops" : "All desktops"}</Title>
        <Group gap="lg">
          {me.is_admin && (
            <Switch
              label="All desktops"
              checked={scope === "all"}
              onChange={(event) => {
                setScope(event.currentTarget.checked ? "all" : "own");
              }}
            />
          )}
          {shown !== undefined && shown.length > 0 && (
            <Button component={Link} href="/new" leftSection={<IconPlus size={18} aria-hidden />}>
              New desktop
            </Button>
          )}
        </Group>
      </Group>

      {error !== null && <ProblemBanner problem={error} onRetry={() => void refetch()} />}
      {isPending && <CardSkeletons />}
      {shown?.length === 0 && scope === "own" && <NoDesktops />}
      {shown?.length === 0 && scope === "all" && <Text c="dimmed">Nobody has a desktop at the moment.</Text>}
      {shown !== undefined && shown.length > 0 && (
        <SimpleGrid component="ul" cols={{ base: 1, sm: 2, lg: 3 }} spacing="lg" m={0} p={0}>
          {shown.map((instance) => (
            <DesktopCard key={instance.id} instance={instance} showOwner={scope === "all"} />
          ))}
        </SimpleGrid>
      )}
    </Stack>
  );
}

function CardSkeletons(): ReactNode {
  return (
    <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="lg" role="status" aria-label="Loading desktops">
      {[0, 1, 2].map((each) => (
        <Skeleton key={each} height={330} radius="lg" />
      ))}
    </SimpleGrid>
  );
}
