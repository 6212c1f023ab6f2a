import { expect, test } from "vitest";
import { scaleToFit, sizeToAskFor } from "./guacamoleSizes";

test.each([
  [{ width: 1280, height: 800 }, { width: 640, height: 800 }, 0.5],
  [{ width: 1280, height: 800 }, { width: 2560, height: 1600 }, 2],
  [{ width: 640, height: 480 }, { width: 1000, height: 240 }, 0.5],
])("a picture of %o is shown in %o at %d", (picture, window, scale) => {
  expect(scaleToFit(picture, window)).toBe(scale);
});

test.each([
  [
    { width: 0, height: 0 },
    { width: 800, height: 600 },
  ],
  [
    { width: 800, height: 600 },
    { width: 0, height: 0 },
  ],
  [
    { width: 0, height: 0 },
    { width: 0, height: 0 },
  ],
])("what has no size yet is not scaled: %o in %o", (picture, window) => {
  expect(scaleToFit(picture, window)).toBe(1);
});

test.each([
  [
    { width: 1040.7, height: 700.2 },
    { width: 1040, height: 700 },
  ],
  [
    { width: 20, height: 63 },
    { width: 64, height: 64 },
  ],
  [
    { width: 9000, height: 8192 },
    { width: 8192, height: 8192 },
  ],
])("a window of %o asks for %o", (window, size) => {
  expect(sizeToAskFor(window)).toEqual(size);
});

test("a window that is not to be seen asks for nothing", () => {
  expect(sizeToAskFor({ width: 0, height: 500 })).toBeNull();
});
