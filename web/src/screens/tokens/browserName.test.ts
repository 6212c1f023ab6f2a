import { expect, test } from "vitest";
import { browserName } from "./browserName";

const CHROME =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";

test.each([
  [CHROME, "Chromium or Chrome on Linux"],
  [`${CHROME} Edg/156.0.0.0`, "Edge on Linux"],
  ["Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0", "Firefox on Windows"],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile/15E148 Safari/604.1",
    "Safari on iOS",
  ],
  ["curl/8.0", "curl/8.0"],
  ["", "A browser without a name"],
])("%s", (userAgent, name) => {
  expect(browserName(userAgent)).toBe(name);
});
