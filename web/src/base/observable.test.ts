import { expect, test, vi } from "vitest";
import { Subject } from "./observable";

test("listeners hear of changes until they are removed, and of nothing else", () => {
  const subject = new Subject(1);
  const listener = vi.fn();
  const stop = subject.subscribe(listener);
  subject.value = 1;
  expect(listener).not.toHaveBeenCalled();
  subject.value = 2;
  expect(listener).toHaveBeenCalledTimes(1);
  stop();
  subject.value = 3;
  expect(listener).toHaveBeenCalledTimes(1);
});

test("a listener that is removed by another does not stop the rest", () => {
  const subject = new Subject(1);
  const last = vi.fn();
  const stop = subject.subscribe(() => {
    stop();
  });
  subject.subscribe(last);
  subject.value = 2;
  expect(last).toHaveBeenCalledTimes(1);
});
