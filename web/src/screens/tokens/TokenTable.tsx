import { Button, Table, Text, VisuallyHidden } from "@mantine/core";
import { modals } from "@mantine/modals";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { revokeToken } from "../../api/calls";
import type { AccessToken } from "../../api/types";
import { queries } from "../../app/queries";
import { ago, fullTime } from "../../components/figures";
import { notifyProblem } from "../../components/notify";
import { useNow } from "../../components/useNow";

/** The tokens that there are; their secrets are nowhere. */
export function TokenTable({ tokens }: { tokens: readonly AccessToken[] }): ReactNode {
  const now = useNow(30_000);
  return (
    <Table.ScrollContainer minWidth={620}>
      <Table verticalSpacing="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Name</Table.Th>
            <Table.Th>May do</Table.Th>
            <Table.Th>Created</Table.Th>
            <Table.Th>Last used</Table.Th>
            <Table.Th>Works until</Table.Th>
            <Table.Th>
              <VisuallyHidden>Actions</VisuallyHidden>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {tokens.map((token) => (
            <Table.Tr key={token.id}>
              <Table.Td>{token.name}</Table.Td>
              <Table.Td>{token.scope === "full" ? "everything" : "reading"}</Table.Td>
              <Table.Td>{ago(token.created_at, now)}</Table.Td>
              <Table.Td>{token.last_used_at === null ? "never" : ago(token.last_used_at, now)}</Table.Td>
              <Table.Td>{fullTime(token.expires_at)}</Table.Td>
              <Table.Td ta="right">
                <RevokeButton token={token} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function RevokeButton({ token }: { token: AccessToken }): ReactNode {
  const queryClient = useQueryClient();
  const { mutate, isPending } = useMutation({
    mutationFn: () => revokeToken(token.id),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: queries.tokens.queryKey }),
    onError: notifyProblem,
  });
  return (
    <Button
      size="xs"
      variant="default"
      loading={isPending}
      aria-label={`Revoke ${token.name}`}
      onClick={() => {
        modals.openConfirmModal({
          title: `Revoke “${token.name}”?`,
          children: <Text size="sm">Programs that use it are signed out and cannot sign in again.</Text>,
          labels: { confirm: "Revoke token", cancel: "Cancel" },
          confirmProps: { color: "red.8" },
          onConfirm: () => {
            mutate();
          },
        });
      }}
    >
      Revoke
    </Button>
  );
}
