import { Drawer } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconFolder } from "@tabler/icons-react";
import { useRef, type ReactNode } from "react";
import { useObservable } from "../../app/useObservable";
import { takesInput, type ConnectionView } from "../../desktop/connection";
import type { OpenDesktop } from "../../desktop/openDesktop";
import { Files } from "./Files";
import { ToolButton } from "./ToolButton";

interface FilesPanelProps {
  desktop: OpenDesktop;
  view: ConnectionView;
  onClosed: () => void;
}

/** The button that opens the machine's files, where the stream can move some. */
export function FilesPanel({ desktop, view, onClosed }: FilesPanelProps): ReactNode {
  const stream = useObservable(desktop.stream);
  const [opened, { open, close }] = useDisclosure(false);
  const button = useRef<HTMLButtonElement>(null);
  if (stream !== "guacamole") return null;
  const usable = takesInput(view);
  return (
    <>
      <ToolButton ref={button} label="Files" aria-expanded={opened} disabled={!usable} onClick={open}>
        <IconFolder size={18} aria-hidden />
      </ToolButton>
      <Drawer
        opened={opened && usable}
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
        <Files desktop={desktop} />
      </Drawer>
    </>
  );
}
