import { expect, test } from "vitest";
import { chord, keysymOf, SPECIAL_KEYS, strokesBetween } from "./keys";

/** Down strokes only, as keysyms. */
const typed = (before: string, after: string): number[] =>
  strokesBetween(before, after)
    .filter(({ down }) => down)
    .map(({ keysym }) => keysym);

test.each([
  ["a", 0x61],
  ["é", 0xe9],
  ["€", 0x010020ac],
  ["日", 0x010065e5],
  ["😀", 0x0101f600],
  ["\n", 0xff0d],
  ["\t", 0xff09],
])("the keysym of %j", (character, keysym) => {
  expect(keysymOf(character)).toBe(keysym);
});

test("a chord is released in reverse", () => {
  const [one, other] = [
    { keysym: 1, code: "A" },
    { keysym: 2, code: "B" },
  ];
  expect(chord(one, other).map(({ keysym, down }) => (down ? keysym : -keysym))).toEqual([1, 2, -2, -1]);
});

test("every special key releases what it presses", () => {
  for (const { strokes } of SPECIAL_KEYS) {
    const held = new Set<number>();
    for (const { keysym, down } of strokes) {
      if (down) held.add(keysym);
      else expect(held.delete(keysym)).toBe(true);
    }
    expect(held.size).toBe(0);
  }
});

test("typing appends", () => {
  expect(typed("ab", "abc")).toEqual([0x63]);
});

test("erasing is Backspace", () => {
  expect(typed("abc", "a")).toEqual([0xff08, 0xff08]);
});

test("a correction erases back to what is the same, then types", () => {
  expect(typed("teh", "the")).toEqual([0xff08, 0xff08, 0x68, 0x65]);
});

test("a character beyond the basic plane is one character", () => {
  expect(typed("😀", "")).toEqual([0xff08]);
});

test("no change types nothing", () => {
  expect(strokesBetween("same", "same")).toEqual([]);
});
