import { Avatar, Tooltip, VisuallyHidden } from "@mantine/core";
import type { ReactNode } from "react";
import type { Viewer } from "../api/types";
import { initials } from "./people";

const SHOWN = 4;

/** Who looks at a desktop now, as a row of initials; nothing when nobody does. */
export function Viewers({ viewers, size = 26 }: { viewers: readonly Viewer[]; size?: number }): ReactNode {
  if (viewers.length === 0) return null;
  const more = viewers.length - SHOWN;
  return (
    <div>
      <VisuallyHidden>
        Here now: {viewers.map((viewer) => `${viewer.name} (${viewer.role})`).join(", ")}
      </VisuallyHidden>
      <Avatar.Group spacing={8} aria-hidden>
        {viewers.slice(0, SHOWN).map((viewer) => (
          <Tooltip key={viewer.id} label={`${viewer.name}, ${viewer.role}`}>
            <Avatar size={size} radius="xl" name={viewer.name} color="initials" variant="filled">
              {initials(viewer.name)}
            </Avatar>
          </Tooltip>
        ))}
        {more > 0 && (
          <Avatar size={size} radius="xl">
            +{more}
          </Avatar>
        )}
      </Avatar.Group>
    </div>
  );
}
