import { Badge, Tooltip } from "@mantine/core";
import { IconCloudOff } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { FeedState } from "../events/feed";

/** Says that what the page shows may be old; nothing while it is live. */
export function LiveIndicator({ state }: { state: FeedState }): ReactNode {
  return (
    <div role="status">
      {state === "down" && (
        <Tooltip label="Beamdesk does not answer. What you see may be old; this page keeps trying.">
          <Badge color="red" variant="light" size="lg" leftSection={<IconCloudOff size={14} aria-hidden />}>
            Offline
          </Badge>
        </Tooltip>
      )}
    </div>
  );
}
