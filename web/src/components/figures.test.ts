import { expect, test } from "vitest";
import { ago, bytes, stopwatch } from "./figures";

const NOW = Date.parse("2026-11-22T12:00:00Z");

test.each([
  ["2026-11-22T12:00:05Z", "just now"],
  ["2026-11-22T11:59:30Z", "just now"],
  ["2026-11-22T11:59:00Z", "1 min ago"],
  ["2026-11-22T09:30:00Z", "2 h ago"],
  ["2026-11-20T12:00:00Z", "2 d ago"],
  ["2026-09-01T12:00:00Z", "2 mo ago"],
  ["2023-11-22T00:00:00Z", "3 y ago"],
])("%s is %s", (instant, words) => {
  expect(ago(instant, NOW)).toBe(words);
});

test.each([
  [-3, "0:00"],
  [7.9, "0:07"],
  [760, "12:40"],
  [3723, "1:02:03"],
])("%d s on a stopwatch", (seconds, shown) => {
  expect(stopwatch(seconds)).toBe(shown);
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1_000, "1.0 kB"],
  [12_345, "12 kB"],
  [4_200_000, "4.2 MB"],
  [5e15, "5000 TB"],
])("%d bytes", (count, shown) => {
  expect(bytes(count)).toBe(shown);
  expect(bytes(count, true)).toBe(`${shown}/s`);
});
