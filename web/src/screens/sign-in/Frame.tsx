import { Center, Paper, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { LogoMark } from "../../components/LogoMark";
import classes from "./sign-in.module.css";

/** The frame of the pages that are seen without being signed in. */
export function Frame({ children }: { children: ReactNode }): ReactNode {
  return (
    <Center component="main" mih="100dvh" p="md" className={classes.ground}>
      <Paper className={classes.sheet} p={{ base: "lg", xs: "xl" }} radius="lg" w="100%" maw={460}>
        <Stack gap="lg">
          <Stack gap={4} align="center">
            <LogoMark size={52} />
            <Text fw={650} fz="xl" lts="-0.01em">
              Beamdesk
            </Text>
          </Stack>
          {children}
        </Stack>
      </Paper>
    </Center>
  );
}
