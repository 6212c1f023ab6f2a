import { Alert, Button, Code, CopyButton, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { createToken } from "../../api/calls";
import type { NewAccessToken } from "../../api/types";
import { queries } from "../../app/queries";
import { LONGEST_NAME } from "../../components/limits";
import { ProblemBanner } from "../../components/ProblemBanner";

const SCOPES = [
  { value: "full", label: "Everything I may do" },
  { value: "read", label: "Reading only" },
];

const LONGEST = "longest";
const LIVES = [
  { value: "7", label: "A week" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: LONGEST, label: "As long as allowed" },
];

/** Makes a token and shows its secret, this one time. */
export function NewToken(): ReactNode {
  const queryClient = useQueryClient();
  const [name, setName] = useState("");
  const [scope, setScope] = useState<string | null>("full");
  const [life, setLife] = useState<string | null>("90");
  const { mutate, data, isPending, error } = useMutation({
    mutationFn: (wanted: NewAccessToken) => createToken(wanted),
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
          mutate({
            name: name.trim(),
            scope: scope === "read" ? "read" : "full",
            days: life === null || life === LONGEST ? null : Number(life),
          });
        }}
      >
        <Group align="end">
          <TextInput
            label="Name of the new token"
            placeholder="What will use it, such as “nightly script”"
            flex={1}
            miw={240}
            maxLength={LONGEST_NAME}
            value={name}
            onChange={(event) => {
              setName(event.currentTarget.value);
            }}
          />
          <Select
            label="May do"
            w={190}
            data={SCOPES}
            value={scope}
            allowDeselect={false}
            onChange={setScope}
          />
          <Select
            label="Works for"
            w={170}
            data={LIVES}
            value={life}
            allowDeselect={false}
            onChange={setLife}
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
        <Code block flex={1} role="region" aria-label="New token" style={{ overflowX: "auto" }} tabIndex={0}>
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
