import { useState, type ReactNode } from "react";
import type { Instance } from "../api/types";
import { stableNumber } from "../base/stableNumber";
import { isOpenable } from "./states";
import classes from "./Thumbnail.module.css";

/** The last picture of a desktop, or a drawing in its place. */
export function Thumbnail({ instance }: { instance: Instance }): ReactNode {
  const [broken, setBroken] = useState<string | null>(null);
  const { thumbnail } = instance;
  return (
    <div className={classes.frame} data-asleep={!isOpenable(instance)}>
      {thumbnail !== null && thumbnail !== broken ? (
        <img
          className={classes.picture}
          src={thumbnail}
          alt=""
          loading="lazy"
          onError={() => {
            setBroken(thumbnail);
          }}
        />
      ) : (
        <Drawing seed={instance.id} />
      )}
    </div>
  );
}

/** A quiet picture of a desk: each desktop has its own arrangement, always the same. */
function Drawing({ seed }: { seed: string }): ReactNode {
  const number = stableNumber(seed, 9_973);
  const left = 24 + (number % 5) * 7;
  const top = 22 + (number % 3) * 8;
  const beam = 30 + (number % 7) * 9;
  return (
    <svg viewBox="0 0 160 100" preserveAspectRatio="xMidYMid slice" aria-hidden="true" focusable="false">
      <rect width="160" height="100" className={classes.ground} />
      <path d={`M0 ${beam + 8} L160 ${beam - 22} V${beam - 4} L0 ${beam + 12} Z`} className={classes.beam} />
      <rect x={left} y={top} width="70" height="46" rx="3" className={classes.window} />
      <rect x={left} y={top} width="70" height="8" rx="3" className={classes.title} />
      <rect x={left + 6} y={top + 15} width="38" height="3" rx="1.5" className={classes.line} />
      <rect x={left + 6} y={top + 22} width="52" height="3" rx="1.5" className={classes.line} />
      <rect x={left + 6} y={top + 29} width="28" height="3" rx="1.5" className={classes.line} />
      <rect x="0" y="93" width="160" height="7" className={classes.title} />
    </svg>
  );
}
