import { Button, Group, Popover, Stack, Text, Textarea } from "@mantine/core";
import { IconClipboardText, IconCopy, IconSend } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { useObservable } from "../../app/useObservable";
import type { ClipboardBridge } from "../../desktop/clipboard";
import { ToolButton } from "./ToolButton";

interface ClipboardPanelProps {
  clipboard: ClipboardBridge;
  disabled: boolean;
  onClosed: () => void;
}

/** The text that the desktop and this computer share, for where it does not go over by itself. */
export function ClipboardPanel({ clipboard, disabled, onClosed }: ClipboardPanelProps): ReactNode {
  const [opened, setOpened] = useState(false);
  return (
    <Popover
      opened={opened && !disabled}
      onChange={setOpened}
      onClose={onClosed}
      position="bottom-end"
      shadow="md"
      width="min(380px, 94vw)"
      trapFocus
    >
      <Popover.Target>
        <ToolButton
          label="Clipboard"
          disabled={disabled}
          onClick={() => {
            setOpened(!opened);
          }}
        >
          <IconClipboardText size={18} aria-hidden />
        </ToolButton>
      </Popover.Target>
      <Popover.Dropdown aria-label="Clipboard">
        <Contents
          clipboard={clipboard}
          onSent={() => {
            setOpened(false);
            onClosed();
          }}
        />
      </Popover.Dropdown>
    </Popover>
  );
}

function Contents({ clipboard, onSent }: { clipboard: ClipboardBridge; onSent: () => void }): ReactNode {
  const { text, copiedHere } = useObservable(clipboard.view);
  // What is being written here, until something newer arrives from the desktop.
  const [draft, setDraft] = useState({ over: text, text });
  const [hint, setHint] = useState<string | null>(null);
  const written = draft.over === text ? draft.text : text;

  return (
    <Stack gap="sm">
      <Textarea
        label="Clipboard text"
        description="What was copied on the desktop. Type or paste here to send text to it."
        autosize
        minRows={4}
        maxRows={12}
        data-autofocus
        value={written}
        onChange={(event) => {
          setDraft({ over: text, text: event.currentTarget.value });
        }}
      />
      <Group gap="xs">
        <Button
          size="xs"
          leftSection={<IconSend size={14} aria-hidden />}
          onClick={() => {
            clipboard.send(written);
            onSent();
          }}
        >
          Send to desktop
        </Button>
        <Button
          size="xs"
          variant="default"
          disabled={text === ""}
          leftSection={<IconCopy size={14} aria-hidden />}
          onClick={() => {
            void clipboard.copyHere().then((copied) => {
              setHint(
                copied ? "Copied to this computer." : "The browser forbids it: select the text and copy it.",
              );
            });
          }}
        >
          Copy to this computer
        </Button>
        <Button
          size="xs"
          variant="subtle"
          onClick={() => {
            void clipboard.takeOver().then((taken) => {
              setHint(
                taken
                  ? "Sent to the desktop. From now on it goes over by itself."
                  : "The browser forbids reading: paste the text into the field.",
              );
            });
          }}
        >
          Paste from this computer
        </Button>
      </Group>
      <Text size="xs" c="dimmed" role="status">
        {hint ?? (copiedHere ? "The desktop's text is on this computer's clipboard." : "")}
      </Text>
    </Stack>
  );
}
