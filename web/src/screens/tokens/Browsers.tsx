import { Button, Group, Loader, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { signOutOf } from "../../api/calls";
import type { SignedInBrowser } from "../../api/types";
import { queries } from "../../app/queries";
import { ago } from "../../components/figures";
import { notifyProblem } from "../../components/notify";
import { ProblemBanner } from "../../components/ProblemBanner";
import { useNow } from "../../components/useNow";
import { browserName } from "./browserName";
import classes from "./tokens.module.css";

/** Where else this person is signed in. */
export function Browsers(): ReactNode {
  const { data, error, isPending, refetch } = useQuery(queries.browsers);
  return (
    <Stack component="section" gap="sm" mt="lg">
      <div>
        <Title order={2}>Signed-in browsers</Title>
        <Text c="dimmed" size="sm">
          Signing a browser out closes your desktops there; they keep running.
        </Text>
      </div>
      {error !== null && <ProblemBanner problem={error} onRetry={() => void refetch()} />}
      {isPending && <Loader size="sm" aria-label="Loading browsers" />}
      <ul className={classes.list}>
        {data?.map((browser) => (
          <BrowserRow key={browser.id} browser={browser} />
        ))}
      </ul>
    </Stack>
  );
}

function BrowserRow({ browser }: { browser: SignedInBrowser }): ReactNode {
  const now = useNow(30_000);
  const queryClient = useQueryClient();
  const name = browserName(browser.browser);
  const { mutate, isPending } = useMutation({
    mutationFn: () => signOutOf(browser.id),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: queries.browsers.queryKey }),
    onError: notifyProblem,
  });
  return (
    <Group component="li" justify="space-between" wrap="nowrap" className={classes.row}>
      <div>
        <Text fw={600}>{name}</Text>
        <Text size="sm" c="dimmed">
          {browser.address} · seen {ago(browser.last_seen_at, now)}
        </Text>
      </div>
      {browser.current ? (
        <Text size="sm" c="dimmed">
          This browser
        </Text>
      ) : (
        <Button
          size="xs"
          variant="default"
          loading={isPending}
          aria-label={`Sign out ${name}, ${browser.address}`}
          onClick={() => {
            mutate();
          }}
        >
          Sign out
        </Button>
      )}
    </Group>
  );
}
