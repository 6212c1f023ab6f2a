import { expect, test } from "vitest";
import type { HistoryItem } from "../api/types";
import { deedOf, outcomeOf } from "./historyWords";

function entry(change: Partial<HistoryItem>): HistoryItem {
  return { at: "2026-11-01T10:00:00Z", who: "Ada", what: "stop", result: "done", sentence: "", ...change };
}

test.each<[Partial<HistoryItem>, string, string | null]>([
  [{}, "Ada stopped it.", "Done."],
  [{ what: "create", result: "pending" }, "Ada created this desktop.", "Not finished yet."],
  [{ result: "failed" }, "Ada stopped it.", "It failed."],
  [{ result: "failed", sentence: "No room." }, "Ada stopped it.", "It failed: No room."],
  [{ result: "overtaken" }, "Ada stopped it.", "Something else was asked for before it was done."],
  [{ what: "polish" }, "Ada asked for “polish”.", "Done."],
  [
    { who: null, what: "failed", sentence: "The machine ended by itself." },
    "The machine ended by itself.",
    null,
  ],
  [{ who: null, what: "found-again" }, "It happened by itself: found-again.", null],
])("%o", (change, deed, outcome) => {
  expect(deedOf(entry(change))).toBe(deed);
  expect(outcomeOf(entry(change))).toBe(outcome);
});
