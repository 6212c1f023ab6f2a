import { Anchor, Box, Container, Group, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { LiveIndicator } from "../components/LiveIndicator";
import { LogoMark } from "../components/LogoMark";
import { UserMenu } from "../components/UserMenu";
import { useLive } from "./live";
import { useMe } from "./session";
import classes from "./Shell.module.css";

/** The frame around every page but the desktop itself. */
export function Shell({ children }: { children: ReactNode }): ReactNode {
  const me = useMe();
  const live = useLive();
  return (
    <Box mih="100dvh">
      <a href="#main" className={classes.skip}>
        Skip to content
      </a>
      <header className={classes.header}>
        <Container size="xl" h="100%">
          <Group h="100%" justify="space-between" wrap="nowrap">
            <Anchor component={Link} href="/" c="inherit" underline="never" aria-label="Beamdesk home">
              <Group gap="xs" wrap="nowrap">
                <LogoMark />
                <Text fw={650} fz="lg" lts="-0.01em">
                  Beamdesk
                </Text>
              </Group>
            </Anchor>
            <Group gap="sm" wrap="nowrap">
              <LiveIndicator state={live} />
              <UserMenu me={me} />
            </Group>
          </Group>
        </Container>
      </header>
      <Container component="main" id="main" tabIndex={-1} size="xl" py="xl" className={classes.main}>
        {children}
      </Container>
    </Box>
  );
}
