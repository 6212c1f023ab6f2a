import { Menu, Text, UnstyledButton, useMantineColorScheme, type MantineColorScheme } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconKey, IconKeyboard, IconLogout } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useLocation } from "wouter";
import { signOut } from "../api/calls";
import type { Me } from "../api/types";
import { notifyProblem } from "./notify";
import { PersonMark } from "./PersonMark";
import { ShortcutsModal } from "./ShortcutsModal";
import { useMenuTrigger } from "./useMenuTrigger";
import classes from "./UserMenu.module.css";

/** The person's own menu: colours, access tokens, shortcuts, sign-out. */
export function UserMenu({ me }: { me: Me }): ReactNode {
  const [, navigate] = useLocation();
  const queryClient = useQueryClient();
  const { trigger, fromTrigger } = useMenuTrigger();
  const [shortcuts, { open, close }] = useDisclosure(false);

  const leave = async (): Promise<void> => {
    try {
      await signOut();
    } catch (cause) {
      notifyProblem(cause);
      return;
    }
    navigate("/signed-out", { replace: true });
    queryClient.clear();
  };

  return (
    <>
      <Menu position="bottom-end" width={250}>
        <Menu.Target>
          <UnstyledButton
            ref={trigger}
            aria-label={`Account of ${me.display_name}`}
            className={classes.account}
          >
            <PersonMark name={me.display_name} size={36} />
          </UnstyledButton>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>
            <Text size="sm" fw={600} c="var(--mantine-color-text)" truncate>
              {me.display_name}
            </Text>
            <Text size="xs" truncate>
              {me.name}
              {me.is_admin ? ", administrator" : ""}
            </Text>
          </Menu.Label>
          <ColourSchemeChoice />
          <Menu.Divider />
          <Menu.Item
            leftSection={<IconKey size={16} aria-hidden />}
            onClick={() => {
              navigate("/tokens");
            }}
          >
            Access tokens
          </Menu.Item>
          <Menu.Item leftSection={<IconKeyboard size={16} aria-hidden />} onClick={fromTrigger(open)}>
            Keyboard shortcuts
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => void leave()}>
            Sign out
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <ShortcutsModal opened={shortcuts} onClose={close} />
    </>
  );
}

const COLOURS: readonly { value: MantineColorScheme; label: string }[] = [
  { value: "auto", label: "Colours of the system" },
  { value: "light", label: "Light colours" },
  { value: "dark", label: "Dark colours" },
];

function ColourSchemeChoice(): ReactNode {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Menu.RadioGroup
      value={colorScheme}
      onChange={(value) => {
        setColorScheme(value as MantineColorScheme);
      }}
    >
      {COLOURS.map(({ value, label }) => (
        <Menu.RadioItem key={value} value={value}>
          {label}
        </Menu.RadioItem>
      ))}
    </Menu.RadioGroup>
  );
}
