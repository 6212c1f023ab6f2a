import { expect, test } from "vitest";
import { parseServerEvent } from "./parse";

test("known events are read", () => {
  expect(parseServerEvent('{"type":"instance_gone","id":"i1"}')).toEqual({ type: "instance_gone", id: "i1" });
});

test.each([
  '{"type":"from-the-future"}',
  '{"type":1}',
  "{}",
  "null",
  "[]",
  "{",
  "",
  new ArrayBuffer(2),
  undefined,
])("%s is left alone", (frame) => {
  expect(parseServerEvent(frame)).toBeNull();
});
