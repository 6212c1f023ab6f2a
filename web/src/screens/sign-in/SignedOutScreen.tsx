import { Anchor, Stack, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { Frame } from "./Frame";

export function SignedOutScreen(): ReactNode {
  useDocumentTitle("Signed out – Beamdesk");
  return (
    <Frame>
      <Stack gap="xs" align="center">
        <Title order={1} fz="h2">
          You are signed out
        </Title>
        <Text c="dimmed" ta="center">
          Your desktops keep running. Open a sign-in link to come back.
        </Text>
        <Anchor component={Link} href="/sign-in">
          How do I get a link?
        </Anchor>
      </Stack>
    </Frame>
  );
}
