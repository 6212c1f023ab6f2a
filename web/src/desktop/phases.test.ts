import { expect, test } from "vitest";
import { next, TRANSITIONS, type Phase } from "./phases";

const PHASES = Object.keys(TRANSITIONS) as Phase[];

test("every phase can be reached from the first", () => {
  const reached = new Set<Phase>(["idle"]);
  for (const phase of reached) Object.values(TRANSITIONS[phase]).forEach((then) => reached.add(then));
  expect([...reached].sort()).toEqual([...PHASES].sort());
});

test("a person can leave in every phase, once", () => {
  for (const phase of PHASES) expect(next(phase, "personLeft")).toBe(phase === "left" ? null : "left");
});

test("after the end and after leaving, nothing but the person starts anew", () => {
  for (const phase of ["ended", "left"] as const) {
    expect(next(phase, "started")).toBe("asking");
    for (const stale of ["ticketIssued", "handshakeDone", "lostForNow", "lostForGood"] as const) {
      expect(next(phase, stale)).toBeNull();
    }
  }
});
