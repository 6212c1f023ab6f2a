import type { Action } from "../../api/types";
import { refusalOf, type Refusal, type Rights } from "../../desktop/rights";

/** What can be moved between this computer and a desktop, one way each. */
export type Move = Extract<Action, `${"clipboard" | "files"}-${string}`>;

const ALLOWED: Readonly<Record<Move, string>> = {
  "clipboard-to-desktop": "Text can be copied into the desktop.",
  "clipboard-from-desktop": "Text can be copied out of the desktop.",
  "files-to-desktop": "Files can be put on the machine.",
  "files-from-desktop": "Files can be taken from the machine.",
};

const REFUSED: Readonly<Record<Refusal, Readonly<Record<Move, string>>>> = {
  plan: {
    "clipboard-to-desktop": "The plan lets nothing be copied into this desktop.",
    "clipboard-from-desktop": "The plan lets nothing be copied out of this desktop.",
    "files-to-desktop": "The plan lets no files be put on this machine.",
    "files-from-desktop": "The plan lets no files be taken from this machine.",
  },
  role: {
    "clipboard-to-desktop": "You are only watching: nothing can be copied into the desktop.",
    "clipboard-from-desktop": "You are only watching: nothing can be copied out of the desktop.",
    "files-to-desktop": "You are only watching: no files can be put on the machine.",
    "files-from-desktop": "You are only watching: no files can be taken from the machine.",
  },
};

/** Whether *move* works with *rights*, and the sentence that says so or why not. */
export function sentenceFor(rights: Rights, move: Move): { allowed: boolean; sentence: string } {
  const refusal = refusalOf(rights, move);
  return { allowed: refusal === null, sentence: refusal === null ? ALLOWED[move] : REFUSED[refusal][move] };
}
