import { Alert, Button, Group, Text } from "@mantine/core";
import { IconAlertTriangle, IconRefresh } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { ApiProblem } from "../api/problem";

interface ProblemBannerProps {
  problem: unknown;
  onRetry?: (() => void) | undefined;
}

/** What went wrong, in a sentence, with what an operator needs to find it in the log. */
export function ProblemBanner({ problem, onRetry }: ProblemBannerProps): ReactNode {
  const { sentence, requestId, faults } = ApiProblem.from(problem);
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle aria-hidden />} role="alert">
      <Group justify="space-between" gap="sm">
        <div>
          <Text size="sm">{sentence}</Text>
          {faults.map((fault) => (
            <Text key={fault} size="sm">
              {fault}
            </Text>
          ))}
          {requestId !== null && (
            <Text size="xs" c="dimmed" ff="monospace">
              Request {requestId}
            </Text>
          )}
        </div>
        {onRetry !== undefined && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconRefresh size={14} aria-hidden />}
            onClick={onRetry}
          >
            Try again
          </Button>
        )}
      </Group>
    </Alert>
  );
}
