import { expect, test } from "vitest";
import { guessKeyboard, letterRow } from "./keyboardGuess";

const OFFERED = [
  "us",
  "gb",
  "de",
  "ch",
  "ch(fr)",
  "fr",
  "fr(bepo)",
  "be",
  "es",
  "latam",
  "se",
  "jp",
  "ca",
  "in",
  "cz",
];

test.each([
  [["de-DE", "en"], "de"],
  [["de-CH"], "ch"],
  [["fr-CH"], "ch(fr)"],
  [["de-AT"], "de"],
  [["fr"], "fr"],
  [["en-US"], "us"],
  [["en-GB"], "gb"],
  [["en-IN"], "us"],
  [["en-CA"], "us"],
  [["es-MX"], "latam"],
  [["sv-SE"], "se"],
  [["ja"], "jp"],
  [["eo"], "us"],
  [[], "us"],
])("a browser that speaks %j", (languages, layout) => {
  expect(guessKeyboard(languages, null, OFFERED)).toBe(layout);
});

test("what the keys print outweighs the language", () => {
  expect(guessKeyboard(["en-US", "de"], "qwertz", OFFERED)).toBe("de");
  expect(guessKeyboard(["en-US"], "azerty", OFFERED)).toBe("fr");
  expect(guessKeyboard(["de-DE"], "qwerty", OFFERED)).toBe("us");
});

test("what is not offered is not guessed", () => {
  expect(guessKeyboard(["de"], "qwertz", ["us", "fr"])).toBe("us");
  expect(guessKeyboard(["de"], null, ["fr"])).toBe("fr");
  expect(guessKeyboard(["de"], null, [])).toBeUndefined();
});

test.each([
  [{ KeyQ: "q", KeyY: "y" }, "qwerty"],
  [{ KeyQ: "q", KeyY: "z" }, "qwertz"],
  [{ KeyQ: "a", KeyY: "y" }, "azerty"],
  [{ KeyQ: "'", KeyY: "f" }, null],
])("keys that print %j", (printed, row) => {
  expect(letterRow(new Map(Object.entries(printed)))).toBe(row);
});
