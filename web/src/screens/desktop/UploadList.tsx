import { ActionIcon, Button, Group, Progress, Stack, Text, Title } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useObservable } from "../../app/useObservable";
import { bytes } from "../../components/figures";
import type { Upload, Uploads } from "../../desktop/uploads";
import classes from "./files.module.css";

/** Files on their way to the machine, and what became of them. */
export function UploadList({ uploads }: { uploads: Uploads }): ReactNode {
  const shown = useObservable(uploads.view);
  if (shown.length === 0) return null;
  return (
    <section aria-label="Uploads">
      <Group justify="space-between" mb="xs">
        <Title order={3} size="h5">
          Uploads
        </Title>
        <Button
          size="compact-xs"
          variant="subtle"
          onClick={() => {
            uploads.clear();
          }}
        >
          Clear list
        </Button>
      </Group>
      <Stack gap="sm" component="ul" className={classes.list}>
        {shown.map((upload) => (
          <Item
            key={upload.id}
            upload={upload}
            onCancel={() => {
              uploads.cancel(upload.id);
            }}
          />
        ))}
      </Stack>
    </section>
  );
}

function Item({ upload, onCancel }: { upload: Upload; onCancel: () => void }): ReactNode {
  const { name, state, sent, size } = upload;
  const going = state === "waiting" || state === "running";
  const percent = size === 0 ? 0 : (100 * sent) / size;
  return (
    <li>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Text size="sm" className={classes.name} title={name}>
          {name}
        </Text>
        {going && (
          <ActionIcon variant="subtle" color="gray" aria-label={`Cancel ${name}`} onClick={onCancel}>
            <IconX size={16} aria-hidden />
          </ActionIcon>
        )}
      </Group>
      {state === "running" && <Progress value={percent} aria-label={`Sent of ${name}`} />}
      <Text size="xs" c={state === "failed" ? "var(--mantine-color-error)" : "dimmed"} role="status">
        {wordsFor(upload)}
      </Text>
    </li>
  );
}

function wordsFor({ state, sent, size, sentence }: Upload): string {
  switch (state) {
    case "waiting":
      return "Waiting";
    case "running":
      return `${bytes(sent)} of ${bytes(size)}`;
    case "done":
      return `On the machine, ${bytes(size)}`;
    case "failed":
      return sentence ?? "It could not be sent.";
    case "cancelled":
      return "Cancelled. What was sent so far stays on the machine.";
  }
}
