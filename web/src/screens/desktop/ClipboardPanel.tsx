import { Button, Group, Popover, Stack, Text, Textarea } from "@mantine/core";
import { IconClipboardText, IconCopy, IconSend } from "@tabler/icons-react";
import { useId, useState, type ReactNode } from "react";
import { useObservable } from "../../app/useObservable";
import type { ClipboardBridge } from "../../desktop/clipboard";
import type { Rights } from "../../desktop/rights";
import { Moves } from "./Moves";
import { ToolButton } from "./ToolButton";

interface ClipboardPanelProps {
  clipboard: ClipboardBridge;
  /** Null while there is no desktop to share text with. */
  rights: Rights | null;
  onClosed: () => void;
}

/** The text that the desktop and this computer share, for where it does not go over by itself. */
export function ClipboardPanel({ clipboard, rights, onClosed }: ClipboardPanelProps): ReactNode {
  const [opened, setOpened] = useState(false);
  return (
    <Popover
      opened={opened && rights !== null}
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
          disabled={rights === null}
          onClick={() => {
            setOpened(!opened);
          }}
        >
          <IconClipboardText size={18} aria-hidden />
        </ToolButton>
      </Popover.Target>
      <Popover.Dropdown aria-label="Clipboard">
        {rights !== null && (
          <Contents
            clipboard={clipboard}
            rights={rights}
            onSent={() => {
              setOpened(false);
              onClosed();
            }}
          />
        )}
      </Popover.Dropdown>
    </Popover>
  );
}

interface ContentsProps {
  clipboard: ClipboardBridge;
  rights: Rights;
  onSent: () => void;
}

function Contents({ clipboard, rights, onSent }: ContentsProps): ReactNode {
  const into = rights.permits.includes("clipboard-to-desktop");
  const outOf = rights.permits.includes("clipboard-from-desktop");
  const [intoId, outOfId] = [useId(), useId()];
  const { text, copiedHere } = useObservable(clipboard.view);
  // What is being written here, until something newer arrives from the desktop.
  const [draft, setDraft] = useState({ over: text, text });
  const [hint, setHint] = useState<string | null>(null);
  const written = draft.over === text ? draft.text : text;

  return (
    <Stack gap="sm">
      <Moves rights={rights} moves={{ "clipboard-to-desktop": intoId, "clipboard-from-desktop": outOfId }} />
      {(into || outOf) && (
        <Textarea
          label="Clipboard text"
          description={descriptionOf(into, outOf)}
          autosize
          minRows={4}
          maxRows={12}
          data-autofocus
          readOnly={!into}
          value={written}
          onChange={(event) => {
            setDraft({ over: text, text: event.currentTarget.value });
          }}
        />
      )}
      <Group gap="xs">
        <Button
          size="xs"
          leftSection={<IconSend size={14} aria-hidden />}
          disabled={!into}
          aria-describedby={into ? undefined : intoId}
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
          disabled={!outOf || text === ""}
          aria-describedby={outOf ? undefined : outOfId}
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
          disabled={!into}
          aria-describedby={into ? undefined : intoId}
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
        {hint ?? (copiedHere && outOf ? "The desktop's text is on this computer's clipboard." : "")}
      </Text>
    </Stack>
  );
}

function descriptionOf(into: boolean, outOf: boolean): string {
  if (!into) return "What was copied on the desktop.";
  const how = "Type or paste here to send text to it.";
  return outOf ? `What was copied on the desktop. ${how}` : "Type or paste here to send text to the desktop.";
}
