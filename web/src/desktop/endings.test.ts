import { expect, test } from "vitest";
import { endingOf, endingOfGuacamole } from "./endings";

test("the gateway's own words are shown", () => {
  expect(endingOf(4102, "desktop-ended: The desktop ended the connection.")).toEqual({
    code: "desktop-ended",
    sentence: "The desktop ended the connection.",
    retry: true,
  });
});

test.each([4101, 4103, 4105, 4200, 4300])("%i is final, with or without words", (code) => {
  expect(endingOf(code, "").retry).toBe(false);
  expect(endingOf(code, "some-code: Some sentence.").retry).toBe(false);
});

test.each([1000, 1001, 1005, 1006, 1011, 1012, 4100, 4102, 4104, 4201, 4202, 4999])(
  "%i is tried again",
  (code) => {
    const ending = endingOf(code, "");
    expect(ending.retry).toBe(true);
    expect(ending.sentence).not.toBe("");
  },
);

test.each(["no colon", ": nothing before", "UPPER: case", "code:"])(
  "“%s” is not taken for the gateway's words",
  (text) => {
    expect(endingOf(4100, text).code).toBe("unknown");
  },
);

test.each([
  ["769", "desktop-refused", false],
  ["518", "desktop-ended", true],
  ["523", "desktop-stopped", false],
  ["514", "relay-failed", true],
  ["771", "access-ended", false],
  ["513", "viewer-too-slow", true],
])("the Guacamole status %s says %s", (status, code, retry) => {
  const ending = endingOfGuacamole(1011, status);
  expect(ending).toMatchObject({ code, retry });
  expect(ending.sentence).toMatch(/\.$/);
});

test.each(["", "0", "NaN", "999", "519 and more"])("“%s” leaves it to the close code", (reason) => {
  expect(endingOfGuacamole(1006, reason)).toEqual(endingOf(1006, ""));
});
