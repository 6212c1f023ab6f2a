import { Button, Group, Modal, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { useLocation } from "wouter";
import type { OpenDesktop } from "../../desktop/openDesktop";

interface PromptsProps {
  desktop: OpenDesktop;
  /** Parameters that the machine waits for. */
  asked: readonly string[];
}

/** Asks the person for what the machine asks for before it shows anything. */
export function Prompts({ desktop, asked }: PromptsProps): ReactNode {
  const [, navigate] = useLocation();
  const leave = (): void => {
    navigate("/");
  };
  return (
    <Modal
      opened={asked.length > 0}
      onClose={leave}
      title="Sign in to the machine"
      centered
      closeOnClickOutside={false}
      closeButtonProps={{ "aria-label": "Go to my desktops" }}
    >
      <Form
        key={asked.join()}
        asked={asked}
        onLeave={leave}
        onAnswer={(answers) => {
          desktop.connection.answer(answers);
        }}
      />
    </Modal>
  );
}

interface FormProps {
  asked: readonly string[];
  onLeave: () => void;
  onAnswer: (answers: ReadonlyMap<string, string>) => void;
}

function Form({ asked, onLeave, onAnswer }: FormProps): ReactNode {
  const [answers, setAnswers] = useState<ReadonlyMap<string, string>>(new Map());
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onAnswer(new Map(asked.map((name) => [name, answers.get(name) ?? ""])));
      }}
    >
      <Stack>
        <Text size="sm" c="dimmed">
          What you type goes to the machine. Beamdesk does not keep it.
        </Text>
        {asked.map((name, index) => {
          const Field = isSecret(name) ? PasswordInput : TextInput;
          return (
            <Field
              key={name}
              label={LABELS[name] ?? wordsOf(name)}
              autoComplete="off"
              data-autofocus={index === 0 ? true : undefined}
              value={answers.get(name) ?? ""}
              onChange={(event) => {
                setAnswers(new Map(answers).set(name, event.currentTarget.value));
              }}
            />
          );
        })}
        <Group justify="flex-end">
          <Button variant="default" onClick={onLeave}>
            Go to my desktops
          </Button>
          <Button type="submit">Sign in</Button>
        </Group>
      </Stack>
    </form>
  );
}

/** guacd's names of what it asks for; others are shown as they are. */
const LABELS: Readonly<Record<string, string>> = {
  username: "User name",
  password: "Password",
  domain: "Domain",
  passphrase: "Passphrase of the key",
  "gateway-username": "User name at the remote desktop gateway",
  "gateway-password": "Password at the remote desktop gateway",
  "gateway-domain": "Domain of the remote desktop gateway",
};

function isSecret(name: string): boolean {
  return /pass|key|secret/.test(name);
}

function wordsOf(name: string): string {
  const words = name.replaceAll("-", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
