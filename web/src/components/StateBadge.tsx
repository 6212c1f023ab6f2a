import { Badge, Group, Tooltip } from "@mantine/core";
import { IconCloudQuestion } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { Instance } from "../api/types";
import { STATE_LOOKS } from "./states";
import classes from "./StateBadge.module.css";

/** The state of *instance* in colour, sign and word, and whether its back end still answers. */
export function StateBadge({ instance }: { instance: Instance }): ReactNode {
  const { label, colour, icon: Icon } = STATE_LOOKS[instance.state];
  return (
    <Group gap={6} wrap="nowrap">
      <Badge className={classes.badge} data-colour={colour} leftSection={<Icon size={14} aria-hidden />}>
        {label}
      </Badge>
      {instance.unreachable && (
        <Tooltip label="The back end does not answer. The state shown is the last one known.">
          <Badge
            className={classes.badge}
            data-colour="red"
            leftSection={<IconCloudQuestion size={14} aria-hidden />}
          >
            No answer
          </Badge>
        </Tooltip>
      )}
    </Group>
  );
}
