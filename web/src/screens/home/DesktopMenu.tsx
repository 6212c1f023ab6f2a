import { ActionIcon, Menu } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconDots, IconFileText, IconHistory, IconPencil, IconRefresh, IconTrash } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { Instance } from "../../api/types";
import { HistoryModal } from "../../components/HistoryModal";
import { LogModal } from "../../components/LogModal";
import { RenameModal } from "../../components/RenameModal";
import { isGoing, isMine, isOpenable } from "../../components/states";
import { useDesktopActions } from "../../components/useDesktopActions";
import { useMenuTrigger } from "../../components/useMenuTrigger";

/** What is done to a desktop less often. */
export function DesktopMenu({ instance }: { instance: Instance }): ReactNode {
  const actions = useDesktopActions(instance);
  const [log, logModal] = useDisclosure(false);
  const [history, historyModal] = useDisclosure(false);
  const [rename, renameModal] = useDisclosure(false);
  const { trigger, fromTrigger } = useMenuTrigger();
  const mine = isMine(instance);
  return (
    <>
      <Menu position="bottom-end" width={200}>
        <Menu.Target>
          <ActionIcon
            ref={trigger}
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={`More for ${instance.name}`}
          >
            <IconDots size={18} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {mine && (
            <Menu.Item
              leftSection={<IconPencil size={16} aria-hidden />}
              onClick={fromTrigger(renameModal.open)}
            >
              Rename
            </Menu.Item>
          )}
          {mine && isOpenable(instance) && (
            <Menu.Item
              leftSection={<IconRefresh size={16} aria-hidden />}
              onClick={fromTrigger(actions.reboot)}
            >
              Restart
            </Menu.Item>
          )}
          <Menu.Item
            leftSection={<IconFileText size={16} aria-hidden />}
            onClick={fromTrigger(logModal.open)}
          >
            View log
          </Menu.Item>
          <Menu.Item
            leftSection={<IconHistory size={16} aria-hidden />}
            onClick={fromTrigger(historyModal.open)}
          >
            View history
          </Menu.Item>
          {mine && !isGoing(instance) && (
            <>
              <Menu.Divider />
              <Menu.Item
                color="var(--mantine-color-error)"
                leftSection={<IconTrash size={16} aria-hidden />}
                onClick={fromTrigger(actions.remove)}
              >
                Delete
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <LogModal opened={log} instance={instance} onClose={logModal.close} />
      <HistoryModal opened={history} instance={instance} onClose={historyModal.close} />
      <RenameModal opened={rename} instance={instance} onClose={renameModal.close} />
    </>
  );
}
