import type { Action } from "../../api/types";

/** What cannot be done with desktops of a plan that withholds *withheld*, in one sentence; null for nothing. */
export function withheldSentence(withheld: readonly Action[]): string | null {
  const parts = [
    both(withheld, "clipboard", {
      into: "nothing can be copied into it",
      outOf: "nothing can be copied out of it",
      both: "nothing can be copied into it or out of it",
    }),
    both(withheld, "files", {
      into: "no files can be put there",
      outOf: "no files can be taken from there",
      both: "no files can be put or taken there",
    }),
  ].filter((part) => part !== null);
  const [first, ...others] = parts;
  if (first === undefined) return null;
  return `${[first.charAt(0).toUpperCase() + first.slice(1), ...others].join("; ")}.`;
}

interface Words {
  readonly into: string;
  readonly outOf: string;
  readonly both: string;
}

function both(withheld: readonly Action[], what: "clipboard" | "files", words: Words): string | null {
  const into = withheld.includes(`${what}-to-desktop`);
  const outOf = withheld.includes(`${what}-from-desktop`);
  if (into && outOf) return words.both;
  return into ? words.into : outOf ? words.outOf : null;
}
