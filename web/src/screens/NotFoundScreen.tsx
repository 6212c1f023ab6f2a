import { Anchor, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "wouter";

export function NotFoundScreen(): ReactNode {
  return (
    <Stack align="center" pt="12vh" gap="xs">
      <Title order={1}>There is no such page</Title>
      <Text c="dimmed">The address may be mistyped, or what was here is gone.</Text>
      <Anchor component={Link} href="/">
        Go to my desktops
      </Anchor>
    </Stack>
  );
}
