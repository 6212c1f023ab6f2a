import { expect, test } from "vitest";
import { endingOf } from "./endings";

test("the gateway's own words are shown", () => {
  expect(endingOf(4102, "desktop-ended: The desktop ended the connection.")).toEqual({
    code: "desktop-ended",
    sentence: "The desktop ended the connection.",
    retry: true,
  });
});

test.each([4101, 4103, 4200, 4300])("%i is final, with or without words", (code) => {
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
