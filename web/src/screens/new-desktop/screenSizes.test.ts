import { expect, test } from "vitest";
import { FIT, SCREEN_CHOICES, screenSize } from "./screenSizes";

const VIEW = { width: 1234.4, height: 777.6 };

test("a preset is a fixed size", () => {
  expect(screenSize("2560×1440", VIEW)).toEqual({ mode: "fixed", width: 2560, height: 1440 });
});

test("the window's size is taken in whole pixels", () => {
  expect(screenSize(FIT, VIEW)).toEqual({ mode: "fit", width: 1234, height: 778 });
});

test("a window beyond the gateway's limits is cut to them", () => {
  expect(screenSize(FIT, { width: 9000, height: 20 })).toEqual({ mode: "fit", width: 3840, height: 64 });
});

test("every choice is within the gateway's limits", () => {
  for (const { value } of SCREEN_CHOICES) {
    const { width, height } = screenSize(value, VIEW);
    expect(width).toBeLessThanOrEqual(3840);
    expect(height).toBeLessThanOrEqual(2160);
  }
});
