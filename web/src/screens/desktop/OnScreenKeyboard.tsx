import { useImperativeHandle, useRef, type ReactNode, type Ref } from "react";
import { BACKSPACE, chord, ENTER, strokesBetween } from "../../desktop/keys";
import type { OpenDesktop } from "../../desktop/openDesktop";
import classes from "./desktop.module.css";

export interface OnScreenKeyboardHandle {
  open(): void;
}

interface OnScreenKeyboardProps {
  ref: Ref<OnScreenKeyboardHandle>;
  desktop: OpenDesktop;
}

/** Something to erase: a keyboard sends no Backspace from an empty field. */
const PADDING = "\u200b".repeat(64);

/**
 * An unseen text field whose focus brings up the keyboard of a phone or tablet. Such keyboards
 * tell no keys, only what the text became; the difference is what is typed on the desktop.
 */
export function OnScreenKeyboard({ ref, desktop }: OnScreenKeyboardProps): ReactNode {
  const field = useRef<HTMLTextAreaElement>(null);
  const before = useRef(PADDING);
  useImperativeHandle(ref, () => ({
    open: () => {
      field.current?.focus();
    },
  }));

  const reset = (area: HTMLTextAreaElement): void => {
    area.value = PADDING;
    before.current = PADDING;
    area.setSelectionRange(PADDING.length, PADDING.length);
  };

  return (
    <textarea
      ref={field}
      className={classes.unseenField}
      aria-label="Type on the desktop"
      tabIndex={-1}
      defaultValue={PADDING}
      autoCapitalize="off"
      autoComplete="off"
      autoCorrect="off"
      spellCheck={false}
      onFocus={(event) => {
        reset(event.currentTarget);
      }}
      onKeyDown={(event) => {
        const key = event.key === "Enter" ? ENTER : event.key === "Backspace" ? BACKSPACE : null;
        if (key === null || event.nativeEvent.isComposing) return;
        event.preventDefault();
        desktop.connection.display?.sendKeys(chord(key));
      }}
      onInput={(event) => {
        const area = event.currentTarget;
        desktop.connection.display?.sendKeys(strokesBetween(before.current, area.value));
        before.current = area.value;
        const composing = event.nativeEvent.isComposing;
        if (!composing && area.value.length < PADDING.length / 2) reset(area);
      }}
    />
  );
}
