import { Button, Group, Modal, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { renameInstance } from "../api/calls";
import type { Instance } from "../api/types";
import { instanceCache } from "../app/queries";
import { useMe } from "../app/session";
import { applyAnswer } from "../events/apply";
import { LONGEST_NAME } from "./limits";
import { ProblemBanner } from "./ProblemBanner";

interface RenameModalProps {
  opened: boolean;
  instance: Instance;
  onClose: () => void;
}

/** Gives *instance* another name. */
export function RenameModal({ opened, instance, onClose }: RenameModalProps): ReactNode {
  return (
    <Modal opened={opened} onClose={onClose} title="Rename desktop">
      <RenameForm instance={instance} onClose={onClose} />
    </Modal>
  );
}

function RenameForm({ instance, onClose }: Omit<RenameModalProps, "opened">): ReactNode {
  const me = useMe();
  const queryClient = useQueryClient();
  const [name, setName] = useState(instance.name);
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => renameInstance(instance.id, name.trim()),
    onSuccess: (answer) => {
      applyAnswer(answer, instanceCache(queryClient), me.id);
      onClose();
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        mutate();
      }}
    >
      <TextInput
        label="Name"
        value={name}
        maxLength={LONGEST_NAME}
        data-autofocus
        onChange={(event) => {
          setName(event.currentTarget.value);
        }}
      />
      {error !== null && <ProblemBanner problem={error} />}
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={isPending} disabled={name.trim() === ""}>
          Rename
        </Button>
      </Group>
    </form>
  );
}
