import type { NewInstance } from "../../api/types";

export type ScreenSize = NonNullable<NewInstance["screen"]>;

/** The choice that makes the desktop as large as this window. */
export const FIT = "fit";

const PRESETS = ["1280×800", "1366×768", "1600×900", "1920×1080", "1920×1200", "2560×1440", "3840×2160"];

export const SCREEN_CHOICES: readonly { value: string; label: string }[] = [
  { value: FIT, label: "Fit my window" },
  ...PRESETS.map((size) => ({ value: size, label: size.replace("×", " × ") })),
];

/** What the gateway takes (64…3840 × 64…2160). */
const LIMITS = { width: [64, 3840], height: [64, 2160] } as const;

/** The size behind *choice*; *view* is the inside of the browser window. */
export function screenSize(choice: string, view: { width: number; height: number }): ScreenSize {
  const preset = /^(\d+)×(\d+)$/.exec(choice);
  if (preset !== null) return { mode: "fixed", width: Number(preset[1]), height: Number(preset[2]) };
  return { mode: "fit", width: clamp(view.width, LIMITS.width), height: clamp(view.height, LIMITS.height) };
}

function clamp(value: number, [least, most]: readonly [number, number]): number {
  return Math.min(most, Math.max(least, Math.round(value)));
}
