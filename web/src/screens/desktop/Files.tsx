import { Anchor, Breadcrumbs, Button, FileButton, Group, Loader, Stack, Text } from "@mantine/core";
import { modals } from "@mantine/modals";
import { IconRefresh, IconUpload } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useId, useState, type ReactNode } from "react";
import { useObservable } from "../../app/useObservable";
import { notifyProblem, notifyRefusal } from "../../components/notify";
import { ProblemBanner } from "../../components/ProblemBanner";
import type { OpenDesktop } from "../../desktop/openDesktop";
import { foldersOf, pathWithin, type FileEntry, type FileSystem } from "../../desktop/remoteFiles";
import type { Rights } from "../../desktop/rights";
import { FileList } from "./FileList";
import { Moves } from "./Moves";
import { sentenceFor } from "./refusals";
import { UploadList } from "./UploadList";
import { useFileDrop } from "./useFileDrop";
import classes from "./files.module.css";

interface FilesProps {
  desktop: OpenDesktop;
  rights: Rights;
}

/** The machine's files, and what may be done with them. */
export function Files({ desktop, rights }: FilesProps): ReactNode {
  const [putId, takeId] = [useId(), useId()];
  const none = !rights.permits.includes("files-to-desktop") && !rights.permits.includes("files-from-desktop");
  return (
    <Stack>
      <Moves rights={rights} moves={{ "files-to-desktop": putId, "files-from-desktop": takeId }} />
      {!none && <FileSystems desktop={desktop} rights={rights} putId={putId} takeId={takeId} />}
    </Stack>
  );
}

interface DescribedProps extends FilesProps {
  /** Ids of the sentences about putting files there and taking them from there. */
  putId: string;
  takeId: string;
}

/** Nearly always there is one, or none. */
function FileSystems({ desktop, ...described }: DescribedProps): ReactNode {
  const tunnel = desktop.connection.display?.tunnel;
  const { filesAppeared } = useObservable(desktop.connection.view);
  const { data, error, refetch } = useQuery({
    // Machines may show their files some time after their picture.
    queryKey: ["file-systems", tunnel, filesAppeared],
    queryFn: () => desktop.files.fileSystems(),
    placeholderData: keepPreviousData,
    gcTime: 0,
  });
  if (error !== null) return <ProblemBanner problem={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Loader aria-label="Loading" />;
  const [first] = data;
  if (first === undefined) {
    return (
      <Stack align="start">
        <Text role="status">This machine shows no files.</Text>
        <Button variant="default" onClick={() => void refetch()}>
          Look again
        </Button>
      </Stack>
    );
  }
  return (
    <Stack gap="xl">
      {data.map((fileSystem) => (
        <Folder key={fileSystem.index} desktop={desktop} fileSystem={fileSystem} {...described} />
      ))}
      <UploadList uploads={desktop.uploads} />
    </Stack>
  );
}

interface FolderProps extends DescribedProps {
  fileSystem: FileSystem;
}

function Folder({ desktop, rights, putId, takeId, fileSystem }: FolderProps): ReactNode {
  const { allowed: mayPut, sentence: whyNot } = sentenceFor(rights, "files-to-desktop");
  const [path, setPath] = useState("/");
  const tunnel = desktop.connection.display?.tunnel;
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ["files", tunnel, fileSystem.index, path],
    queryFn: () => desktop.files.folder({ fileSystem: fileSystem.index, path }),
    gcTime: 0,
  });
  const done = useObservable(desktop.uploads.view).filter(({ state }) => state === "done").length;
  useEffect(() => {
    if (done > 0) void refetch();
  }, [done, refetch]);

  const send = (files: readonly File[]): void => {
    const taken = files.filter(({ name }) => data?.some((entry) => entry.name === name));
    const start = (): void => {
      for (const file of files) {
        desktop.uploads.add({ fileSystem: fileSystem.index, path: pathWithin(path, file.name) }, file);
      }
    };
    if (taken.length === 0) start();
    else askToReplace(taken, start);
  };
  const { ref, over } = useFileDrop<HTMLElement>((files) => {
    if (mayPut) send(files);
    else notifyRefusal(whyNot);
  });
  const fetchFile = (entry: FileEntry): void => {
    desktop.files.link({ fileSystem: fileSystem.index, path: entry.path }).then(save, notifyProblem);
  };

  return (
    <section ref={ref} className={classes.folder} data-over={over && mayPut} aria-label={fileSystem.name}>
      <Group justify="space-between" wrap="nowrap" gap="xs" align="start" mb="xs">
        <Breadcrumbs separatorMargin={4} className={classes.path}>
          {[{ name: rootOf(fileSystem), path: "/" }, ...foldersOf(path)].map((folder) => (
            <Anchor
              key={folder.path}
              component="button"
              type="button"
              size="sm"
              className={classes.crumb}
              aria-current={folder.path === path ? "location" : undefined}
              onClick={() => {
                setPath(folder.path);
              }}
            >
              {folder.name}
            </Anchor>
          ))}
        </Breadcrumbs>
        <Group gap={6} wrap="nowrap">
          <Button
            size="xs"
            variant="default"
            loading={isFetching}
            aria-label="Look again"
            onClick={() => void refetch()}
          >
            <IconRefresh size={14} aria-hidden />
          </Button>
          <FileButton multiple disabled={!mayPut} onChange={send}>
            {(props) => (
              <Button
                {...props}
                size="xs"
                disabled={!mayPut}
                aria-describedby={mayPut ? undefined : putId}
                leftSection={<IconUpload size={14} aria-hidden />}
              >
                Upload
              </Button>
            )}
          </FileButton>
        </Group>
      </Group>
      {error !== null && <ProblemBanner problem={error} onRetry={() => void refetch()} />}
      {data !== undefined && (
        <FileList
          entries={data}
          whyNotDownload={rights.permits.includes("files-from-desktop") ? null : takeId}
          onOpen={setPath}
          onDownload={fetchFile}
        />
      )}
      {mayPut && (
        <Text size="xs" c="dimmed" mt="xs">
          Files can be dropped here.
        </Text>
      )}
    </section>
  );
}

/** SFTP's are called after the whole path to them. */
function rootOf({ name }: FileSystem): string {
  return name.split("/").findLast((part) => part !== "") ?? "/";
}

function askToReplace(taken: readonly File[], act: () => void): void {
  const names = taken.map(({ name }) => `“${name}”`).join(", ");
  modals.openConfirmModal({
    title: taken.length === 1 ? "Replace the file?" : "Replace the files?",
    children: <Text size="sm">{names} will be overwritten on the machine.</Text>,
    labels: { confirm: "Replace", cancel: "Cancel" },
    confirmProps: { color: "red.8" },
    onConfirm: act,
  });
}

/** Saved as any other download is: it goes to the disk as it comes. */
function save(url: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = "";
  link.click();
}
