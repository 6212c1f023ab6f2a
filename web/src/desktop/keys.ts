/** One key going down or up. `code` is the physical key (KeyboardEvent.code) where one is meant. */
export interface KeyStroke {
  /** X11 keysym, as RFB sends it (RFC 6143, section 7.5.4). */
  readonly keysym: number;
  readonly code: string | null;
  readonly down: boolean;
}

interface Key {
  readonly keysym: number;
  readonly code: string | null;
}

const CONTROL: Key = { keysym: 0xffe3, code: "ControlLeft" };
const ALT: Key = { keysym: 0xffe9, code: "AltLeft" };
const SHIFT: Key = { keysym: 0xffe1, code: "ShiftLeft" };
const SUPER: Key = { keysym: 0xffeb, code: "MetaLeft" };
const DELETE: Key = { keysym: 0xffff, code: "Delete" };
const TAB: Key = { keysym: 0xff09, code: "Tab" };
const ESCAPE: Key = { keysym: 0xff1b, code: "Escape" };
const PRINT: Key = { keysym: 0xff61, code: "PrintScreen" };
const F4: Key = { keysym: 0xffc1, code: "F4" };
const F11: Key = { keysym: 0xffc8, code: "F11" };
export const BACKSPACE: Key = { keysym: 0xff08, code: "Backspace" };
export const ENTER: Key = { keysym: 0xff0d, code: "Enter" };

/** The keys pressed one after the other and released in reverse. */
export function chord(...keys: readonly Key[]): KeyStroke[] {
  const press = keys.map((key) => ({ ...key, down: true }));
  const release = keys.map((key) => ({ ...key, down: false }));
  return [...press, ...release.reverse()];
}

export interface SpecialKey {
  readonly name: string;
  readonly what: string;
  readonly strokes: readonly KeyStroke[];
}

/** Keys that the browser or the computer keeps for itself when they are typed. */
export const SPECIAL_KEYS: readonly SpecialKey[] = [
  { name: "Ctrl+Alt+Del", what: "Log-out or task window", strokes: chord(CONTROL, ALT, DELETE) },
  { name: "Super", what: "Menu of the desktop", strokes: chord(SUPER) },
  { name: "Alt+Tab", what: "Next window", strokes: chord(ALT, TAB) },
  { name: "Alt+F4", what: "Close the window", strokes: chord(ALT, F4) },
  { name: "Ctrl+W", what: "Close the tab", strokes: chord(CONTROL, { keysym: 0x77, code: "KeyW" }) },
  {
    name: "Ctrl+Shift+T",
    what: "New terminal tab",
    strokes: chord(CONTROL, SHIFT, { keysym: 0x54, code: "KeyT" }),
  },
  { name: "Esc", what: "Cancel", strokes: chord(ESCAPE) },
  { name: "Tab", what: "Next field", strokes: chord(TAB) },
  { name: "Print", what: "Screenshot", strokes: chord(PRINT) },
  { name: "F11", what: "Full screen inside", strokes: chord(F11) },
];

/**
 * The keysym of a character: Latin-1 as it is, everything else by the Unicode rule (X11 protocol,
 * appendix A).
 */
export function keysymOf(character: string): number {
  const point = character.codePointAt(0) ?? 0;
  if (point === 0x0a || point === 0x0d) return ENTER.keysym;
  if (point === 0x09) return TAB.keysym;
  return point >= 0x20 && point <= 0xff ? point : 0x0100_0000 | point;
}

/** Keys that turn *before* into *after*: what an on-screen keyboard typed into a text field. */
export function strokesBetween(before: string, after: string): KeyStroke[] {
  const old = Array.from(before);
  const fresh = Array.from(after);
  let same = 0;
  while (same < old.length && same < fresh.length && old[same] === fresh[same]) same += 1;
  const strokes: KeyStroke[] = [];
  for (let count = old.length; count > same; count -= 1) strokes.push(...chord(BACKSPACE));
  for (const character of fresh.slice(same)) {
    strokes.push(...chord({ keysym: keysymOf(character), code: null }));
  }
  return strokes;
}
