import { Button, Group, Loader, Text, Tooltip, VisuallyHidden } from "@mantine/core";
import { IconExternalLink, IconPlayerPlay, IconPlayerStop } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Link } from "wouter";
import type { Instance } from "../../api/types";
import { ago, fullTime } from "../../components/figures";
import { StateBadge } from "../../components/StateBadge";
import { Thumbnail } from "../../components/Thumbnail";
import { Viewers } from "../../components/Viewers";
import { isMine, isOpenable, isStartable, isStarting, isStoppable } from "../../components/states";
import { useDesktopActions } from "../../components/useDesktopActions";
import { useNow } from "../../components/useNow";
import { DesktopMenu } from "./DesktopMenu";
import classes from "./home.module.css";

interface DesktopCardProps {
  instance: Instance;
  showOwner: boolean;
}

/** One desktop on the home page. */
export function DesktopCard({ instance, showOwner }: DesktopCardProps): ReactNode {
  const titleId = `desktop-${instance.id}`;
  const now = useNow(20_000);
  const address = `/desktops/${instance.id}`;
  return (
    <li className={classes.card} aria-labelledby={titleId}>
      <Link href={address} className={classes.picture} tabIndex={-1} aria-hidden="true">
        <Thumbnail instance={instance} />
        <div className={classes.viewers}>
          <Viewers viewers={instance.viewers} />
        </div>
      </Link>
      <div className={classes.body}>
        <Group justify="space-between" wrap="nowrap" align="start">
          <div style={{ minWidth: 0 }}>
            <Text id={titleId} component="h2" fw={620} fz="lg" truncate>
              {instance.name}
            </Text>
            <Text size="sm" c="dimmed" truncate>
              {instance.plan.name}
              {showOwner ? ` · ${instance.owner.name}` : ""} ·{" "}
              <Tooltip label={`Created ${fullTime(instance.created_at)}`}>
                <time dateTime={instance.created_at}>{ago(instance.created_at, now)}</time>
              </Tooltip>
            </Text>
          </div>
          <DesktopMenu instance={instance} />
        </Group>
        <Status instance={instance} />
        <Group gap="xs" mt="auto">
          <MainActions instance={instance} address={address} />
        </Group>
      </div>
    </li>
  );
}

function Status({ instance }: { instance: Instance }): ReactNode {
  const sentence = instance.error?.sentence ?? instance.phase;
  return (
    <div>
      <Group gap="xs" wrap="nowrap">
        <StateBadge instance={instance} />
        {isStarting(instance) && <Loader size={14} aria-hidden />}
      </Group>
      {sentence !== null && (
        <Text
          size="sm"
          mt={6}
          c={instance.error === null ? "dimmed" : "var(--mantine-color-error)"}
          lineClamp={3}
        >
          {sentence}
        </Text>
      )}
    </div>
  );
}

function MainActions({ instance, address }: { instance: Instance; address: string }): ReactNode {
  const actions = useDesktopActions(instance);
  const of = <VisuallyHidden>{instance.name}</VisuallyHidden>;
  return (
    <>
      {isOpenable(instance) && (
        <Button
          component={Link}
          href={address}
          size="sm"
          leftSection={<IconExternalLink size={16} aria-hidden />}
        >
          Open {of}
        </Button>
      )}
      {isStarting(instance) && (
        <Button component={Link} href={address} size="sm" variant="default">
          Watch it start {of}
        </Button>
      )}
      {isMine(instance) && isStartable(instance) && (
        <Button
          size="sm"
          variant="default"
          loading={actions.busy}
          leftSection={<IconPlayerPlay size={16} aria-hidden />}
          onClick={actions.start}
        >
          Start {of}
        </Button>
      )}
      {isMine(instance) && isStoppable(instance) && (
        <Button
          size="sm"
          variant="default"
          loading={actions.busy}
          leftSection={<IconPlayerStop size={16} aria-hidden />}
          onClick={actions.stop}
        >
          Stop {of}
        </Button>
      )}
    </>
  );
}
