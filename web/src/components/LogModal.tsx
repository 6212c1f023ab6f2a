import { Button, Code, Group, Loader, Modal, Stack, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useRef, type ReactNode } from "react";
import { readLog } from "../api/calls";
import type { Instance } from "../api/types";
import { ProblemBanner } from "./ProblemBanner";

interface LogModalProps {
  opened: boolean;
  instance: Instance;
  onClose: () => void;
}

/** The log of the machine behind *instance*, from its beginning. */
export function LogModal({ opened, instance, onClose }: LogModalProps): ReactNode {
  return (
    <Modal opened={opened} onClose={onClose} size="xl" title={`Log of ${instance.name}`}>
      <Log instance={instance} />
    </Modal>
  );
}

/** So many pages are read without being asked for: some hundred thousand characters. */
const PAGES_AT_ONCE = 8;

/** The log by itself, for pages that show it in place. */
export function Log({ instance }: { instance: Instance }): ReactNode {
  const { data, error, isPending, isFetching, hasNextPage, fetchNextPage, refetch } = useInfiniteQuery({
    queryKey: ["log", instance.id],
    queryFn: ({ pageParam }) => readLog(instance.id, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => (last.more ? last.cursor : null),
    staleTime: 0,
    gcTime: 0,
  });
  const lines = data?.pages.flatMap((page) => page.lines) ?? [];
  const pages = data?.pages.length ?? 0;
  const shown = useRef<HTMLElement>(null);

  useEffect(() => {
    if (hasNextPage && !isFetching && error === null && pages < PAGES_AT_ONCE) void fetchNextPage();
  }, [hasNextPage, isFetching, error, pages, fetchNextPage]);

  useEffect(() => {
    // Why a machine failed is told at the end.
    if (shown.current !== null) shown.current.scrollTop = shown.current.scrollHeight;
  }, [data]);

  return (
    <Stack gap="sm">
      {error !== null && <ProblemBanner problem={error} onRetry={() => void refetch()} />}
      {isPending && <Loader size="sm" aria-label="Loading the log" />}
      {data !== undefined && lines.length === 0 && <Text c="dimmed">The log is empty.</Text>}
      {lines.length > 0 && (
        // Long lines are scrolled to, which a keyboard can only do in something that takes the focus.
        <Code
          ref={shown}
          block
          tabIndex={0}
          role="region"
          aria-label="Log"
          mah="55dvh"
          style={{ overflow: "auto" }}
        >
          {lines.join("\n")}
        </Code>
      )}
      <Group justify="flex-end">
        {hasNextPage && (
          <Button variant="default" size="xs" loading={isFetching} onClick={() => void fetchNextPage()}>
            More lines
          </Button>
        )}
        <Button variant="default" size="xs" loading={isFetching && !isPending} onClick={() => void refetch()}>
          Refresh
        </Button>
      </Group>
    </Stack>
  );
}
