import { Drawer } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconFolder } from "@tabler/icons-react";
import { useRef, type ReactNode } from "react";
import { useObservable } from "../../app/useObservable";
import type { OpenDesktop } from "../../desktop/openDesktop";
import type { Rights } from "../../desktop/rights";
import { Files } from "./Files";
import { ToolButton } from "./ToolButton";

interface FilesPanelProps {
  desktop: OpenDesktop;
  /** Null while there is no desktop. */
  rights: Rights | null;
  onClosed: () => void;
}

/** The button that opens the machine's files, where the stream can move some. */
export function FilesPanel({ desktop, rights, onClosed }: FilesPanelProps): ReactNode {
  const stream = useObservable(desktop.stream);
  const [opened, { open, close }] = useDisclosure(false);
  const button = useRef<HTMLButtonElement>(null);
  if (stream !== "guacamole") return null;
  return (
    <>
      <ToolButton ref={button} label="Files" aria-expanded={opened} disabled={rights === null} onClick={open}>
        <IconFolder size={18} aria-hidden />
      </ToolButton>
      <Drawer
        opened={opened && rights !== null}
        onClose={() => {
          close();
          onClosed();
        }}
        position="right"
        size="min(440px, 100vw)"
        title="Files on the machine"
        closeButtonProps={{ "aria-label": "Close files" }}
        returnFocus={false}
      >
        {rights !== null && <Files desktop={desktop} rights={rights} />}
      </Drawer>
    </>
  );
}
