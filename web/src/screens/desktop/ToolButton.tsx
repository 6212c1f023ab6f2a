import { ActionIcon, Tooltip, type ActionIconProps, type ElementProps } from "@mantine/core";
import type { ReactNode, Ref } from "react";
import classes from "./desktop.module.css";

interface ToolButtonProps extends ActionIconProps, ElementProps<"button", keyof ActionIconProps> {
  ref?: Ref<HTMLButtonElement>;
  /** The accessible name. */
  label: string;
  /** What the pointer is told, if that is more than the name. */
  tip?: string;
}

/** One sign in the toolbar. It may be the target of a menu or popover, and then keeps quiet while that is open. */
export function ToolButton({ ref, label, tip = label, children, ...others }: ToolButtonProps): ReactNode {
  return (
    <Tooltip label={tip} disabled={others["aria-expanded"] === true}>
      <ActionIcon {...others} ref={ref} className={classes.tool} aria-label={label}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
