import { expect, test } from "vitest";
import { delayBefore, RECONNECT } from "./backoff";

test("delays grow up to the longest", () => {
  const delays = [0, 1, 2, 3, 20].map((attempt) => delayBefore(attempt, 1));
  expect(delays).toEqual([800, 1360, 2312, 3930, RECONNECT.longest]);
});

test("half of a delay is random, so that tabs do not come back together", () => {
  expect(delayBefore(3, 0)).toBe(Math.round(delayBefore(3, 1) / 2));
  expect(delayBefore(3, 0.5)).toBeGreaterThan(delayBefore(3, 0));
});
