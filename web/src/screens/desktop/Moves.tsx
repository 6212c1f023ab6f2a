import { IconCheck, IconLock } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { Rights } from "../../desktop/rights";
import { sentenceFor, type Move } from "./refusals";
import classes from "./moves.module.css";

interface MovesProps {
  rights: Rights;
  /** Each with the id of its sentence, for buttons to be described by. */
  moves: Readonly<Partial<Record<Move, string>>>;
}

/** What can be moved between this computer and the desktop in which direction, and why not where it cannot. */
export function Moves({ rights, moves }: MovesProps): ReactNode {
  return (
    <ul className={classes.moves}>
      {(Object.entries(moves) as [Move, string][]).map(([move, id]) => {
        const { allowed, sentence } = sentenceFor(rights, move);
        const Sign = allowed ? IconCheck : IconLock;
        return (
          <li key={move} className={classes.move} data-allowed={allowed}>
            <Sign size={15} aria-hidden className={classes.sign} />
            <span id={id}>{sentence}</span>
          </li>
        );
      })}
    </ul>
  );
}
