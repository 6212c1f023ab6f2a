import { useRef, type RefObject } from "react";

interface MenuTrigger {
  readonly trigger: RefObject<HTMLButtonElement | null>;
  /** An item's action that leads to a dialogue: when that closes, the focus is where the menu was opened. */
  readonly fromTrigger: (act: () => void) => () => void;
}

/**
 * A dialogue gives the focus back to what had it when the dialogue opened. An item of a menu is gone
 * by then, so the button that opened the menu takes the focus before.
 */
export function useMenuTrigger(): MenuTrigger {
  const trigger = useRef<HTMLButtonElement>(null);
  return {
    trigger,
    fromTrigger: (act) => () => {
      trigger.current?.focus();
      act();
    },
  };
}
