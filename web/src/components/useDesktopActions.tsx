import { Text } from "@mantine/core";
import { modals } from "@mantine/modals";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { actOnInstance, deleteInstance, type Command } from "../api/calls";
import type { Instance } from "../api/types";
import { instanceCache } from "../app/queries";
import { useMe } from "../app/session";
import { applyAnswer } from "../events/apply";
import { notifyProblem } from "./notify";

export interface DesktopActions {
  readonly busy: boolean;
  readonly start: () => void;
  /** These three ask first. */
  readonly stop: () => void;
  readonly reboot: () => void;
  readonly remove: () => void;
}

/** What can be done to *instance*; the answer goes to the cache at once, the rest comes as events. */
export function useDesktopActions(instance: Instance): DesktopActions {
  const me = useMe();
  const queryClient = useQueryClient();
  const { mutate, isPending } = useMutation({
    mutationFn: (command: Command | "delete") =>
      command === "delete" ? deleteInstance(instance.id) : actOnInstance(instance.id, command),
    onSuccess: (answer) => {
      applyAnswer(answer, instanceCache(queryClient), me.id);
    },
    onError: notifyProblem,
  });

  return {
    busy: isPending,
    start: () => {
      mutate("start");
    },
    stop: () => {
      confirm({
        title: `Stop “${instance.name}”?`,
        text: "Programs that run on it are ended and unsaved work in them is lost. Files are kept; you can start it again.",
        label: "Stop desktop",
        act: () => {
          mutate("stop");
        },
      });
    },
    reboot: () => {
      confirm({
        title: `Restart “${instance.name}”?`,
        text: "Programs that run on it are ended and unsaved work in them is lost. Files are kept.",
        label: "Restart desktop",
        act: () => {
          mutate("reboot");
        },
      });
    },
    remove: () => {
      confirm({
        title: `Delete “${instance.name}”?`,
        text: "The machine, its home folder and every file saved on it are removed for good. This cannot be undone.",
        label: "Delete desktop",
        act: () => {
          mutate("delete");
        },
      });
    },
  };
}

interface Question {
  title: string;
  text: string;
  label: string;
  act: () => void;
}

function confirm({ title, text, label, act }: Question): void {
  modals.openConfirmModal({
    title,
    children: <Text size="sm">{text}</Text>,
    labels: { confirm: label, cancel: "Cancel" },
    confirmProps: { color: "red.8" },
    onConfirm: act,
  });
}
