import { Tooltip, VisuallyHidden } from "@mantine/core";
import type { ReactNode } from "react";
import type { Viewer } from "../api/types";
import { PersonMark } from "./PersonMark";
import classes from "./Viewers.module.css";

const SHOWN = 4;

/** Who looks at a desktop now, as a row of initials; nothing when nobody does. */
export function Viewers({ viewers, size = 28 }: { viewers: readonly Viewer[]; size?: number }): ReactNode {
  if (viewers.length === 0) return null;
  const names = viewers.map((viewer) => `${viewer.name} (${viewer.role})`);
  const more = viewers.length - SHOWN;
  return (
    <div>
      <VisuallyHidden>Here now: {names.join(", ")}</VisuallyHidden>
      <Tooltip label={`Here now: ${names.join(", ")}`} multiline maw={280}>
        <div className={classes.row} aria-hidden="true">
          {viewers.slice(0, SHOWN).map((viewer) => (
            <PersonMark key={viewer.id} name={viewer.name} size={size} />
          ))}
          {more > 0 && <span className={classes.more}>+{more}</span>}
        </div>
      </Tooltip>
    </div>
  );
}
