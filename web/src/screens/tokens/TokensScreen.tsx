import { Code, Loader, Stack, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { queries } from "../../app/queries";
import { ProblemBanner } from "../../components/ProblemBanner";
import { Browsers } from "./Browsers";
import { NewToken } from "./NewToken";
import { TokenTable } from "./TokenTable";

/** How this person's programs and browsers get in, and how to lock them out again. */
export default function TokensScreen(): ReactNode {
  useDocumentTitle("Access tokens – Beamdesk");
  const { data, error, isPending, refetch } = useQuery(queries.tokens);
  return (
    <Stack gap="lg" maw={860}>
      <div>
        <Title order={1}>Access tokens</Title>
        <Text c="dimmed">
          A token lets a program act as you. Send it as <Code>Authorization: Bearer …</Code>.
        </Text>
      </div>
      <NewToken />
      {error !== null && <ProblemBanner problem={error} onRetry={() => void refetch()} />}
      {isPending && <Loader size="sm" aria-label="Loading tokens" />}
      {data?.length === 0 && <Text c="dimmed">You have no access tokens.</Text>}
      {data !== undefined && data.length > 0 && <TokenTable tokens={data} />}
      <Browsers />
    </Stack>
  );
}
