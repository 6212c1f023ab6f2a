/** What the detector needs of a KeyboardEvent. */
export interface KeyPress {
  readonly type: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

const MODIFIERS = /^(Control|Alt|Shift)(Left|Right)$/;

/**
 * Notices Ctrl+Alt+Shift pressed and released alone: the way out of the desktop for a keyboard.
 * It acts on the release, so that Ctrl+Alt+Shift with another key still reaches the desktop.
 */
export class EscapeDetector {
  #armed = false;

  /** Whether *press* completes the shortcut. */
  sees(press: KeyPress): boolean {
    if (!MODIFIERS.test(press.code)) {
      this.#armed = false;
      return false;
    }
    if (press.type === "keydown") {
      this.#armed = press.ctrlKey && press.altKey && press.shiftKey;
      return false;
    }
    const complete = this.#armed;
    this.#armed = false;
    return complete;
  }
}
