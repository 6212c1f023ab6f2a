import { Menu } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconDots, IconFileText, IconHelp, IconHistory, IconPlayerStop } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import type { Instance, Stream } from "../../api/types";
import { useObservable } from "../../app/useObservable";
import { HistoryModal } from "../../components/HistoryModal";
import { LogModal } from "../../components/LogModal";
import { ShortcutsModal } from "../../components/ShortcutsModal";
import { isMine } from "../../components/states";
import { useDesktopActions } from "../../components/useDesktopActions";
import { useMenuTrigger } from "../../components/useMenuTrigger";
import type { ConnectionView } from "../../desktop/connection";
import type { OpenDesktop } from "../../desktop/openDesktop";
import { StreamWishes } from "./StreamWishes";
import { ToolButton } from "./ToolButton";

interface MoreMenuProps {
  instance: Instance;
  desktop: OpenDesktop;
  view: ConnectionView;
}

/** What is needed less often on a desktop. */
export function MoreMenu({ instance, desktop, view }: MoreMenuProps): ReactNode {
  const actions = useDesktopActions(instance);
  const [shortcuts, shortcutsModal] = useDisclosure(false);
  const [log, logModal] = useDisclosure(false);
  const [history, historyModal] = useDisclosure(false);
  const { trigger, fromTrigger } = useMenuTrigger();
  const [watchOnly, setWatchOnly] = useState(false);
  // Nobody chose to watch, and yet the stream takes no input: so it is with this person's role.
  const mustWatch = !watchOnly && view.rights?.permits.includes("input") === false;
  return (
    <>
      <Menu position="bottom-end" width={230}>
        <Menu.Target>
          <ToolButton ref={trigger} label="More">
            <IconDots size={18} aria-hidden />
          </ToolButton>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.CheckboxItem
            closeMenuOnClick
            checked={watchOnly || mustWatch}
            disabled={mustWatch}
            onChange={(checked) => {
              setWatchOnly(checked);
              desktop.connection.start(checked ? "guest" : null);
            }}
          >
            Watch only
          </Menu.CheckboxItem>
          {instance.streams.length > 1 && <StreamChoice streams={instance.streams} desktop={desktop} />}
          <StreamWishes desktop={desktop} />
          <Menu.Divider />
          <Menu.Item
            leftSection={<IconHelp size={16} aria-hidden />}
            onClick={fromTrigger(shortcutsModal.open)}
          >
            Keyboard shortcuts
          </Menu.Item>
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
          {isMine(instance) && (
            <>
              <Menu.Divider />
              <Menu.Item
                color="var(--mantine-color-error)"
                leftSection={<IconPlayerStop size={16} aria-hidden />}
                onClick={fromTrigger(actions.stop)}
              >
                Stop desktop
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <ShortcutsModal opened={shortcuts} onClose={shortcutsModal.close} />
      <LogModal opened={log} instance={instance} onClose={logModal.close} />
      <HistoryModal opened={history} instance={instance} onClose={historyModal.close} />
    </>
  );
}

const STREAM_NAMES: Readonly<Record<Stream, string>> = {
  rfb: "Stream: VNC",
  guacamole: "Stream: Guacamole",
};

/** By which of its ways the desktop is shown. */
function StreamChoice({ streams, desktop }: { streams: readonly Stream[]; desktop: OpenDesktop }): ReactNode {
  const current = useObservable(desktop.stream);
  return (
    <>
      <Menu.Divider />
      <Menu.RadioGroup
        value={current}
        onChange={(value) => {
          desktop.switchTo(value as Stream);
        }}
      >
        {streams.map((stream) => (
          <Menu.RadioItem closeMenuOnClick key={stream} value={stream}>
            {STREAM_NAMES[stream]}
          </Menu.RadioItem>
        ))}
      </Menu.RadioGroup>
    </>
  );
}
