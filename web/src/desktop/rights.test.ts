import { expect, test } from "vitest";
import { refusalOf, type Rights } from "./rights";

const OWNER: Rights = { permits: ["view", "clipboard-to-desktop"], withheld: ["clipboard-from-desktop"] };
const GUEST: Rights = { permits: ["view"], withheld: ["clipboard-from-desktop"] };

test("what is permitted is not refused", () => {
  expect(refusalOf(OWNER, "clipboard-to-desktop")).toBeNull();
});

test("what nobody may is the plan's refusal, also towards who may nothing anyway", () => {
  expect(refusalOf(OWNER, "clipboard-from-desktop")).toBe("plan");
  expect(refusalOf(GUEST, "clipboard-from-desktop")).toBe("plan");
});

test("what others may is the role's refusal", () => {
  expect(refusalOf(GUEST, "clipboard-to-desktop")).toBe("role");
});
