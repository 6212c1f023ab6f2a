import type { HistoryItem } from "../api/types";

const DEEDS: Readonly<Record<string, string>> = {
  create: "created this desktop",
  edit: "changed its name or comment",
  start: "started it",
  stop: "stopped it",
  reboot: "restarted it",
  delete: "deleted it",
};

/** What happened, in a sentence. What happened by itself has one of its own. */
export function deedOf({ who, what, sentence }: HistoryItem): string {
  if (who !== null) return `${who} ${DEEDS[what] ?? `asked for “${what}”`}.`;
  return sentence === "" ? `It happened by itself: ${what}.` : sentence;
}

/** What became of what somebody asked for, in a sentence; null for what happened by itself. */
export function outcomeOf({ who, result, sentence }: HistoryItem): string | null {
  if (who === null) return null;
  switch (result) {
    case "pending":
      return "Not finished yet.";
    case "done":
      return sentence === "" ? "Done." : sentence;
    case "failed":
      return sentence === "" ? "It failed." : `It failed: ${sentence}`;
    case "overtaken":
      return "Something else was asked for before it was done.";
  }
}
