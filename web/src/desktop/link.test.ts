import { expect, test } from "vitest";
import { LinkMeter } from "./link";

function ask(meter: LinkMeter, at: number, took: number): void {
  expect(meter.mayAsk(at)).toBe(true);
  meter.asked(at);
  meter.received(20, at + took);
}

test("the rate is a mean over the last seconds and falls to nothing", () => {
  const meter = new LinkMeter();
  for (let at = 0; at < 4_000; at += 10) meter.received(1_000, at);
  expect(meter.figures(4_000).received).toBeCloseTo(100_000, -4);
  expect(meter.figures(9_000)).toMatchObject({ received: 0, receivedInAll: 400_000 });
});

test("the round trip is the median of the last few", () => {
  const meter = new LinkMeter();
  [30, 32, 900, 31, 33].forEach((took, index) => {
    ask(meter, 10_000 * (index + 1), took);
  });
  expect(meter.figures(60_000)).toMatchObject({ roundTrip: 32, quality: "good" });
});

test.each([
  [90, "good"],
  [91, "fair"],
  [220, "fair"],
  [221, "poor"],
])("a round trip of %i ms is %s", (took, quality) => {
  const meter = new LinkMeter();
  ask(meter, 1_000, took);
  expect(meter.figures(2_000).quality).toBe(quality);
});

test("nothing is known before the first answer", () => {
  expect(new LinkMeter().figures(0)).toMatchObject({ roundTrip: null, quality: "unknown" });
});

test("a question is asked only while nothing else comes, and one at a time", () => {
  const meter = new LinkMeter();
  meter.received(10, 1_000);
  expect(meter.mayAsk(1_100)).toBe(false);
  expect(meter.mayAsk(1_150)).toBe(true);
  meter.asked(1_150);
  expect(meter.mayAsk(1_500)).toBe(false);
});

test("a question that waits makes the link poor, then dead", () => {
  const meter = new LinkMeter();
  ask(meter, 1_000, 20);
  meter.asked(5_000);
  expect(meter.figures(5_500).quality).toBe("good");
  expect(meter.figures(7_000).quality).toBe("poor");
  expect(meter.silent(24_000)).toBe(false);
  expect(meter.silent(25_001)).toBe(true);
});
