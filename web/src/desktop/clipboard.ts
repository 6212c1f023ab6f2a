import { Subject, type Observable } from "../base/observable";

/** What the bridge uses of `navigator.clipboard`; absent outside of secure contexts. */
export interface LocalClipboard {
  readText(): Promise<string>;
  writeText(text: string): Promise<void>;
}

export interface ClipboardParts {
  readonly local: LocalClipboard | null;
  /** Whether reading needs no question to the person (the browser has asked before). */
  readonly mayReadSilently: () => Promise<boolean>;
  /** Whether the desktop takes text now. */
  readonly maySend: () => boolean;
  readonly sendToDesktop: (text: string) => void;
}

export interface ClipboardView {
  /** The text that both sides share, as far as this page knows. */
  readonly text: string;
  /** Whether the last text of the desktop is on this computer's clipboard already. */
  readonly copiedHere: boolean;
}

/**
 * The clipboards of the desktop and of this computer, kept alike where the browser permits it and
 * by hand (the clipboard panel) where it does not.
 */
export class ClipboardBridge {
  readonly #parts: ClipboardParts;
  readonly #view = new Subject<ClipboardView>({ text: "", copiedHere: false });

  constructor(parts: ClipboardParts) {
    this.#parts = parts;
  }

  get view(): Observable<ClipboardView> {
    return this.#view;
  }

  /** Text was copied on the desktop. */
  async received(text: string): Promise<void> {
    this.#view.value = { text, copiedHere: false };
    await this.copyHere();
  }

  /** Puts the shared text on this computer's clipboard; false where the browser forbids it now. */
  async copyHere(): Promise<boolean> {
    const { text } = this.#view.value;
    try {
      await this.#parts.local?.writeText(text);
    } catch {
      // Not focused, or not allowed: the panel offers a button for it.
      return false;
    }
    const copied = this.#parts.local !== null;
    if (copied && this.#view.value.text === text) this.#view.value = { text, copiedHere: true };
    return copied;
  }

  /** Gives *text* to the desktop, if that takes any. */
  send(text: string): void {
    if (!this.#parts.maySend()) return;
    this.#view.value = { text, copiedHere: this.#view.value.copiedHere && text === this.#view.value.text };
    this.#parts.sendToDesktop(text);
  }

  /** The page is looked at again: takes over what was copied elsewhere, if the browser permits. */
  async takeOverSilently(): Promise<void> {
    if (this.#parts.local === null || !this.#parts.maySend()) return;
    if (await this.#parts.mayReadSilently()) await this.takeOver();
  }

  /** Reads this computer's clipboard, which may make the browser ask the person. */
  async takeOver(): Promise<boolean> {
    let text: string | undefined;
    try {
      text = await this.#parts.local?.readText();
    } catch {
      return false;
    }
    if (text === undefined || !this.#parts.maySend()) return false;
    if (text !== "" && text !== this.#view.value.text) {
      this.send(text);
      this.#view.value = { text, copiedHere: true };
    }
    return true;
  }
}
