import { expect, test } from "vitest";
import { EscapeDetector } from "./escape";

interface Step {
  readonly type: "keydown" | "keyup";
  readonly code: string;
}

/** The events of a keyboard on which the keys of *script* go down (+) and up (-). */
function press(script: string): boolean[] {
  const held = new Set<string>();
  const detector = new EscapeDetector();
  return script.split(" ").map((step) => {
    const { type, code }: Step = { type: step.startsWith("+") ? "keydown" : "keyup", code: step.slice(1) };
    if (type === "keydown") held.add(code);
    else held.delete(code);
    const holds = (name: string): boolean => [...held].some((key) => key.startsWith(name));
    return detector.sees({
      type,
      code,
      ctrlKey: holds("Control"),
      altKey: holds("Alt"),
      shiftKey: holds("Shift"),
    });
  });
}

test.each([
  "+ControlLeft +AltLeft +ShiftLeft -ShiftLeft -AltLeft -ControlLeft",
  "+ShiftRight +ControlLeft +AltLeft -ControlLeft -AltLeft -ShiftRight",
])("the three alone, in any order: %s", (script) => {
  expect(press(script).filter(Boolean)).toHaveLength(1);
});

test.each([
  "+ControlLeft +AltLeft +ShiftLeft +KeyT -KeyT -ShiftLeft -AltLeft -ControlLeft",
  "+ControlLeft +AltLeft -AltLeft -ControlLeft",
  "+ControlLeft +AltLeft +Delete -Delete -AltLeft -ControlLeft",
  "+ShiftLeft +KeyA -KeyA -ShiftLeft",
])("not: %s", (script) => {
  expect(press(script)).not.toContain(true);
});
