import { expect, test, vi } from "vitest";
import { withListeners } from "./listeners";

test("listeners of what is made are heard, and taken away together", () => {
  const target = new EventTarget();
  const [one, other] = [vi.fn(), vi.fn()];
  const { made, stopListening } = withListeners(target, () => {
    target.addEventListener("blur", one, { capture: true });
    target.addEventListener("focus", other, { once: false });
    return "made";
  });
  expect(made).toBe("made");
  target.dispatchEvent(new Event("blur"));
  target.dispatchEvent(new Event("focus"));
  stopListening();
  target.dispatchEvent(new Event("blur"));
  target.dispatchEvent(new Event("focus"));
  expect([one.mock.calls.length, other.mock.calls.length]).toEqual([1, 1]);
});

test("what others listen to before and after is theirs", () => {
  const target = new EventTarget();
  const [before, after] = [vi.fn(), vi.fn()];
  target.addEventListener("blur", before);
  const { stopListening } = withListeners(target, () => null);
  target.addEventListener("blur", after);
  stopListening();
  target.dispatchEvent(new Event("blur"));
  expect([before.mock.calls.length, after.mock.calls.length]).toEqual([1, 1]);
});

test("what cannot be made leaves the target as it was", () => {
  const target = new EventTarget();
  const fail = (): never => {
    throw new Error("no");
  };
  expect(() => withListeners(target, fail)).toThrow("no");
  expect(Object.hasOwn(target, "addEventListener")).toBe(false);
});
