import { Button, Group, Loader, Modal, Stack, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { HistoryItem, Instance } from "../api/types";
import { queries } from "../app/queries";
import { ago, fullTime } from "./figures";
import { deedOf, outcomeOf } from "./historyWords";
import { ProblemBanner } from "./ProblemBanner";
import { useNow } from "./useNow";
import classes from "./history.module.css";

interface HistoryModalProps {
  opened: boolean;
  instance: Instance;
  onClose: () => void;
}

/** Who did what to *instance* when, and what became of it. */
export function HistoryModal({ opened, instance, onClose }: HistoryModalProps): ReactNode {
  return (
    <Modal opened={opened} onClose={onClose} size="lg" title={`History of ${instance.name}`}>
      <History instance={instance} />
    </Modal>
  );
}

/** So many entries are shown at first, and so many more at each demand. */
const STEP = 20;

function History({ instance }: { instance: Instance }): ReactNode {
  const { data, error, isPending, refetch } = useQuery({
    // What changes the instance is in its history as well.
    ...queries.history(instance.id, `${instance.state} ${instance.state_since} ${instance.name}`),
    placeholderData: keepPreviousData,
  });
  const [shown, setShown] = useState(STEP);
  const now = useNow(20_000);
  return (
    <Stack gap="sm">
      {error !== null && <ProblemBanner problem={error} onRetry={() => void refetch()} />}
      {isPending && <Loader size="sm" aria-label="Loading the history" />}
      {data?.length === 0 && <Text c="dimmed">Nothing has happened yet.</Text>}
      {data !== undefined && data.length > 0 && (
        <ol className={classes.entries} aria-label="History, the newest first">
          {data.slice(0, shown).map((entry, index) => (
            // Two entries may be alike in everything.
            <Entry key={`${entry.at} ${data.length - index}`} entry={entry} now={now} />
          ))}
        </ol>
      )}
      {data !== undefined && data.length > shown && (
        <Group justify="space-between">
          <Text size="sm" c="dimmed">
            {shown} of {data.length}
          </Text>
          <Button
            variant="default"
            size="xs"
            onClick={() => {
              setShown(shown + STEP);
            }}
          >
            Show older ones
          </Button>
        </Group>
      )}
    </Stack>
  );
}

function Entry({ entry, now }: { entry: HistoryItem; now: number }): ReactNode {
  const outcome = outcomeOf(entry);
  return (
    <li className={classes.entry}>
      <time className={classes.time} dateTime={entry.at} title={fullTime(entry.at)}>
        {ago(entry.at, now)}
      </time>
      <div className={classes.words}>
        <Text size="sm">{deedOf(entry)}</Text>
        {outcome !== null && (
          <Text size="sm" c={entry.result === "failed" ? "var(--mantine-color-error)" : "dimmed"}>
            {outcome}
          </Text>
        )}
      </div>
    </li>
  );
}
