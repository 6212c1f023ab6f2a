import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { IconDeviceDesktopPlus, IconDeviceDesktopShare, IconDoorExit, IconPlus } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { LogoMark } from "../../components/LogoMark";
import classes from "./home.module.css";

const STEPS = [
  {
    icon: IconDeviceDesktopPlus,
    title: "Choose a plan",
    text: "A plan says what is installed and how strong the machine is.",
  },
  {
    icon: IconDeviceDesktopShare,
    title: "Work in the browser",
    text: "A real Linux desktop opens right here. Nothing to install.",
  },
  {
    icon: IconDoorExit,
    title: "Leave whenever you like",
    text: "It keeps running. Come back from any computer and go on.",
  },
];

/** What a newcomer sees: what this is and what to press. */
export function NoDesktops(): ReactNode {
  return (
    <Stack align="center" gap="xl" py={48} px="md" className={classes.surface}>
      <LogoMark size={64} />
      <Stack gap={6} align="center" maw={520}>
        <Title order={2} ta="center">
          You have no desktop yet
        </Title>
        <Text c="dimmed" ta="center">
          A desktop is a Linux machine that is started for you and shown in this browser: for analysing data,
          running programs, writing.
        </Text>
      </Stack>
      <Button component={Link} href="/new" size="md" leftSection={<IconPlus size={18} aria-hidden />}>
        New desktop
      </Button>
      <Group component="ol" gap="xl" justify="center" align="start" m={0} p={0}>
        {STEPS.map(({ icon: Icon, title, text }) => (
          <li key={title} className={classes.step}>
            <Icon size={22} aria-hidden />
            <Text fw={600} size="sm">
              {title}
            </Text>
            <Text size="sm" c="dimmed">
              {text}
            </Text>
          </li>
        ))}
      </Group>
    </Stack>
  );
}
