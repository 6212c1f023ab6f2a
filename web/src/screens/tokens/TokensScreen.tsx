import {
  Alert,
  Button,
  Code,
  CopyButton,
  Group,
  Loader,
  Stack,
  Table,
  Text,
  TextInput,
  Title,
  VisuallyHidden,
} from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { modals } from "@mantine/modals";
import { IconKey } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { createToken, revokeToken } from "../../api/calls";
import type { AccessToken } from "../../api/types";
import { queries } from "../../app/queries";
import { ago, fullTime } from "../../components/figures";
import { LONGEST_NAME } from "../../components/limits";
import { notifyProblem } from "../../components/notify";
import { ProblemBanner } from "../../components/ProblemBanner";
import { useNow } from "../../components/useNow";

/** Access tokens: how programs sign in as this person. */
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
    </Stack>
  );
}

function NewToken(): ReactNode {
  const queryClient = useQueryClient();
  const [name, setName] = useState("");
  const { mutate, data, isPending, error } = useMutation({
    mutationFn: () => createToken(name.trim()),
    onSuccess: () => {
      setName("");
      void queryClient.invalidateQueries({ queryKey: queries.tokens.queryKey });
    },
  });
  return (
    <Stack gap="sm">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          mutate();
        }}
      >
        <Group align="end">
          <TextInput
            label="Name of the new token"
            placeholder="What will use it, such as “nightly script”"
            flex={1}
            miw={220}
            maxLength={LONGEST_NAME}
            value={name}
            onChange={(event) => {
              setName(event.currentTarget.value);
            }}
          />
          <Button type="submit" loading={isPending} disabled={name.trim() === ""}>
            Create token
          </Button>
        </Group>
      </form>
      {error !== null && <ProblemBanner problem={error} />}
      {data !== undefined && <FreshToken key={data.id} name={data.name} token={data.token} />}
    </Stack>
  );
}

function FreshToken({ name, token }: { name: string; token: string }): ReactNode {
  return (
    <Alert icon={<IconKey aria-hidden />} title={`Token “${name}”`} role="status">
      <Text size="sm">Copy it now: it is not shown again.</Text>
      <Group mt="xs" gap="xs" wrap="nowrap">
        <Code block flex={1} aria-label="New token" style={{ overflowX: "auto" }} tabIndex={0}>
          {token}
        </Code>
        <CopyButton value={token}>
          {({ copied, copy }) => (
            <Button size="xs" variant="default" onClick={copy}>
              {copied ? "Copied" : "Copy"}
            </Button>
          )}
        </CopyButton>
      </Group>
    </Alert>
  );
}

function TokenTable({ tokens }: { tokens: readonly AccessToken[] }): ReactNode {
  const now = useNow(30_000);
  return (
    <Table.ScrollContainer minWidth={520}>
      <Table verticalSpacing="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Name</Table.Th>
            <Table.Th>Created</Table.Th>
            <Table.Th>Last used</Table.Th>
            <Table.Th>Ends</Table.Th>
            <Table.Th>
              <VisuallyHidden>Actions</VisuallyHidden>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {tokens.map((token) => (
            <Table.Tr key={token.id}>
              <Table.Td>{token.name}</Table.Td>
              <Table.Td>{ago(token.created_at, now)}</Table.Td>
              <Table.Td>{token.last_used_at === null ? "never" : ago(token.last_used_at, now)}</Table.Td>
              <Table.Td>{token.expires_at === null ? "never" : fullTime(token.expires_at)}</Table.Td>
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
          children: <Text size="sm">Programs that use it can no longer sign in.</Text>,
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
