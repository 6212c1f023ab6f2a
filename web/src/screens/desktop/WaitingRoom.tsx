import { Alert, Anchor, Button, Group, Loader, Stack, Text, Timeline, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconArrowLeft, IconCheck, IconFileText, IconHistory, IconPlayerPlay } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Link } from "wouter";
import type { Instance, InstanceState } from "../../api/types";
import { stopwatch } from "../../components/figures";
import { HistoryModal } from "../../components/HistoryModal";
import { Log, LogModal } from "../../components/LogModal";
import { StateBadge } from "../../components/StateBadge";
import { isGoing, isMine, isStartable, isStarting } from "../../components/states";
import { useDesktopActions } from "../../components/useDesktopActions";
import { useNow } from "../../components/useNow";
import classes from "./desktop.module.css";

/** A desktop that cannot be opened at the moment: what is happening, and what can be done. */
export function WaitingRoom({ instance }: { instance: Instance }): ReactNode {
  return (
    <Stack gap="lg" maw={680} mx="auto">
      <Anchor component={Link} href="/" size="sm">
        <Group gap={4} component="span" display="inline-flex">
          <IconArrowLeft size={16} aria-hidden />
          My desktops
        </Group>
      </Anchor>
      <Group justify="space-between" align="start">
        <div>
          <Title order={1}>{instance.name}</Title>
          <Text c="dimmed">{instance.plan.name}</Text>
        </div>
        <StateBadge instance={instance} />
      </Group>
      {isStarting(instance) && <Starting instance={instance} />}
      {instance.state === "ERROR" && <Failed instance={instance} />}
      {!isStarting(instance) && instance.state !== "ERROR" && <Resting instance={instance} />}
    </Stack>
  );
}

const STEPS: readonly { state: InstanceState; title: string; meaning: string }[] = [
  { state: "REQUESTED", title: "Requested", meaning: "Your request is saved." },
  { state: "PROVISIONING", title: "Provisioning", meaning: "A machine is made for you." },
  { state: "BOOTING", title: "Booting", meaning: "The desktop starts up." },
  { state: "READY", title: "Ready", meaning: "It opens here by itself." },
];

function Starting({ instance }: { instance: Instance }): ReactNode {
  const now = useNow(1_000);
  const current = STEPS.findIndex(({ state }) => state === instance.state);
  const seconds = (now - Date.parse(instance.state_since)) / 1000;
  return (
    <div className={classes.sheet}>
      <Timeline active={current} bulletSize={28} lineWidth={2} aria-label="Progress">
        {STEPS.map(({ state, title, meaning }, index) => (
          <Timeline.Item
            key={state}
            aria-current={index === current ? "step" : undefined}
            title={title}
            bullet={<Bullet done={index < current} current={index === current} />}
          >
            <Text size="sm" c="dimmed" role={index === current ? "status" : undefined}>
              {index === current ? (instance.phase ?? meaning) : meaning}
            </Text>
            {index === current && (
              <Text size="sm" c="dimmed" aria-hidden>
                {stopwatch(seconds)} so far
              </Text>
            )}
          </Timeline.Item>
        ))}
      </Timeline>
      <Text size="sm" c="dimmed" mt="lg">
        You need not wait here: it goes on starting when you leave this page.
      </Text>
    </div>
  );
}

function Bullet({ done, current }: { done: boolean; current: boolean }): ReactNode {
  if (done) return <IconCheck size={16} aria-hidden />;
  return current ? <Loader size={14} color="white" aria-hidden /> : null;
}

function Failed({ instance }: { instance: Instance }): ReactNode {
  return (
    <Stack>
      <Alert color="red" variant="light" role="alert" title="The desktop does not run">
        {instance.error?.sentence ?? "Something went wrong with the machine."}
      </Alert>
      <Actions instance={instance} />
      <Title order={2}>Log</Title>
      <Log instance={instance} />
    </Stack>
  );
}

const RESTING: Partial<Record<InstanceState, string>> = {
  STOPPING: "The desktop is being stopped. Its files are kept.",
  STOPPED: "The desktop is stopped. Its files are kept; start it to go on.",
  DELETING: "The desktop is being deleted.",
  DELETED: "This desktop was deleted.",
};

function Resting({ instance }: { instance: Instance }): ReactNode {
  return (
    <Stack>
      <Text role="status">{instance.phase ?? RESTING[instance.state]}</Text>
      <Actions instance={instance} />
    </Stack>
  );
}

function Actions({ instance }: { instance: Instance }): ReactNode {
  const actions = useDesktopActions(instance);
  const [log, { open, close }] = useDisclosure(false);
  const [history, historyModal] = useDisclosure(false);
  return (
    <Group>
      {isMine(instance) && isStartable(instance) && (
        <Button
          leftSection={<IconPlayerPlay size={16} aria-hidden />}
          loading={actions.busy}
          onClick={actions.start}
        >
          Start
        </Button>
      )}
      {instance.state !== "ERROR" && (
        <Button variant="default" leftSection={<IconFileText size={16} aria-hidden />} onClick={open}>
          View log
        </Button>
      )}
      <Button
        variant="default"
        leftSection={<IconHistory size={16} aria-hidden />}
        onClick={historyModal.open}
      >
        View history
      </Button>
      {isMine(instance) && !isGoing(instance) && (
        <Button variant="default" onClick={actions.remove}>
          Delete
        </Button>
      )}
      <LogModal opened={log} instance={instance} onClose={close} />
      <HistoryModal opened={history} instance={instance} onClose={historyModal.close} />
    </Group>
  );
}
