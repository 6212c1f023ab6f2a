import { ActionIcon, Text, UnstyledButton } from "@mantine/core";
import { IconDownload, IconFile, IconFolderFilled } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { FileEntry } from "../../desktop/remoteFiles";
import classes from "./files.module.css";

interface FileListProps {
  entries: readonly FileEntry[];
  /** The id of the sentence that says why nothing can be downloaded; null where it can. */
  whyNotDownload: string | null;
  onOpen: (path: string) => void;
  onDownload: (entry: FileEntry) => void;
}

/** What is in a folder. */
export function FileList({ entries, whyNotDownload, onOpen, onDownload }: FileListProps): ReactNode {
  if (entries.length === 0) return <Text c="dimmed">This folder is empty.</Text>;
  return (
    <ul className={classes.list}>
      {entries.map((entry) => (
        <li key={entry.path} className={classes.entry}>
          {entry.is_folder ? (
            <UnstyledButton
              className={classes.open}
              onClick={() => {
                onOpen(entry.path);
              }}
            >
              <IconFolderFilled size={18} aria-label="Folder" />
              <span className={classes.name}>{entry.name}</span>
            </UnstyledButton>
          ) : (
            <span className={classes.open}>
              <IconFile size={18} aria-hidden />
              <span className={classes.name} title={entry.name}>
                {entry.name}
              </span>
            </span>
          )}
          {!entry.is_folder && (
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`Download ${entry.name}`}
              disabled={whyNotDownload !== null}
              aria-describedby={whyNotDownload ?? undefined}
              onClick={() => {
                onDownload(entry);
              }}
            >
              <IconDownload size={16} aria-hidden />
            </ActionIcon>
          )}
        </li>
      ))}
    </ul>
  );
}
