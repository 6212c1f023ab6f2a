import type { CSSProperties, ReactNode } from "react";
import { stableNumber } from "../base/stableNumber";
import { initials } from "./people";
import classes from "./PersonMark.module.css";

interface PersonMarkProps {
  name: string;
  size: number;
}

/** Backgrounds on which white letters are readable (5:1 and more). */
const PAINTS = ["#0f6a71", "#8a4b12", "#5b4a9c", "#9c2f55", "#2f6b3c", "#2b5f9e", "#3f5f7a", "#7a3d8c"];

/** A person as a round mark with their initials; decoration, the name stands elsewhere. */
export function PersonMark({ name, size }: PersonMarkProps): ReactNode {
  const style: CSSProperties = {
    width: size,
    height: size,
    fontSize: Math.round(size * 0.4),
    background: PAINTS[stableNumber(name, PAINTS.length)],
  };
  // The letters are drawn by CSS, so that nobody hears “A L” beside the name.
  return <span aria-hidden="true" className={classes.mark} style={style} data-initials={initials(name)} />;
}
