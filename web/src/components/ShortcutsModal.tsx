import { Kbd, Modal, Table, Text } from "@mantine/core";
import type { ReactNode } from "react";

interface ShortcutsModalProps {
  opened: boolean;
  onClose: () => void;
}

const SHORTCUTS: readonly { keys: readonly string[]; does: string }[] = [
  { keys: ["Ctrl", "Alt", "Shift"], does: "On a desktop: leave the picture and go to its toolbar" },
  { keys: ["Esc"], does: "In the toolbar: go back to the desktop" },
  { keys: ["Tab"], does: "Go to the next control of a page or toolbar" },
];

/** What the keyboard can do here. */
export function ShortcutsModal({ opened, onClose }: ShortcutsModalProps): ReactNode {
  return (
    <Modal opened={opened} onClose={onClose} title="Keyboard shortcuts">
      <Table verticalSpacing="sm">
        <Table.Tbody>
          {SHORTCUTS.map(({ keys, does }) => (
            <Table.Tr key={does}>
              <Table.Td w={170}>
                {keys.map((key, index) => (
                  <span key={key}>
                    {index > 0 && " + "}
                    <Kbd>{key}</Kbd>
                  </span>
                ))}
              </Table.Td>
              <Table.Td>{does}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Text size="sm" c="dimmed" mt="sm">
        While the picture of a desktop has the focus, every other key goes to the desktop. Keys that the
        browser keeps for itself are in the menu “Special keys” of the toolbar.
      </Text>
    </Modal>
  );
}
