import { expect, test } from "vitest";
import type { Action } from "../../api/types";
import { withheldSentence } from "./withheld";

test.each<[Action[], string | null]>([
  [[], null],
  [["clipboard-from-desktop"], "Nothing can be copied out of it."],
  [["clipboard-to-desktop", "files-to-desktop"], "Nothing can be copied into it; no files can be put there."],
  [["files-from-desktop", "files-to-desktop"], "No files can be put or taken there."],
  [
    ["clipboard-from-desktop", "clipboard-to-desktop", "files-from-desktop"],
    "Nothing can be copied into it or out of it; no files can be taken from there.",
  ],
])("%j", (withheld, sentence) => {
  expect(withheldSentence(withheld)).toBe(sentence);
});
