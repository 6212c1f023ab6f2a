import { Menu, Text } from "@mantine/core";
import { IconCommand } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { SPECIAL_KEYS } from "../../desktop/keys";
import type { OpenDesktop } from "../../desktop/openDesktop";
import { ToolButton } from "./ToolButton";

interface SpecialKeysMenuProps {
  desktop: OpenDesktop;
  disabled: boolean;
}

/** Keys that cannot be typed into the picture because the browser or the computer keeps them. */
export function SpecialKeysMenu({ desktop, disabled }: SpecialKeysMenuProps): ReactNode {
  return (
    <Menu position="bottom-end" width={270} disabled={disabled} returnFocus={false}>
      <Menu.Target>
        <ToolButton label="Special keys" disabled={disabled}>
          <IconCommand size={18} aria-hidden />
        </ToolButton>
      </Menu.Target>
      <Menu.Dropdown>
        {SPECIAL_KEYS.map(({ name, what, strokes }) => (
          <Menu.Item
            key={name}
            rightSection={
              <Text size="xs" c="dimmed">
                {what}
              </Text>
            }
            onClick={() => {
              desktop.connection.display?.sendKeys(strokes);
              desktop.connection.display?.focus();
            }}
          >
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
