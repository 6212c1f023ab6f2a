import { useCallback, useEffect, useRef, useState, type RefObject } from "react";
import { remember, remembered } from "../../base/memory";

export interface ToolbarVisibility {
  readonly visible: boolean;
  readonly pinned: boolean;
  readonly setPinned: (pinned: boolean) => void;
  readonly show: () => void;
  /** Hides it soon, unless `show` is called before. */
  readonly hideSoon: () => void;
}

/** Long enough to be read when a desktop opens, in milliseconds. */
const FIRST_LOOK = 4_000;
/** The pointer may slip off the bar for so long. */
const SLIP = 700;
/** The pointer must rest at the edge for so long: the desktop's own panel may be there too. */
const DWELL = 180;
/** Height of the edge, in pixels. */
const EDGE = 3;

/** Shows the toolbar when the pointer rests at the top edge, and hides it when nobody needs it. */
export function useToolbarVisibility(toolbar: RefObject<HTMLElement | null>): ToolbarVisibility {
  const [pinned, setPinned] = useState(() => remembered("toolbar") === "pinned");
  const [shown, setShown] = useState(true);
  const timer = useRef<number | undefined>(undefined);

  const hideAfter = useCallback(
    (milliseconds: number): void => {
      const hide = (): void => {
        if (isInUse(toolbar.current)) timer.current = window.setTimeout(hide, SLIP);
        else setShown(false);
      };
      window.clearTimeout(timer.current);
      timer.current = window.setTimeout(hide, milliseconds);
    },
    [toolbar],
  );

  useEffect(() => {
    hideAfter(FIRST_LOOK);
    let atEdge: number | undefined;
    const look = (event: PointerEvent): void => {
      if (event.pointerType !== "mouse") return;
      if (event.clientY > EDGE || event.buttons !== 0) {
        window.clearTimeout(atEdge);
        atEdge = undefined;
      } else {
        atEdge ??= window.setTimeout(() => {
          window.clearTimeout(timer.current);
          setShown(true);
        }, DWELL);
      }
    };
    // In the capture phase, since the picture keeps what it hears.
    window.addEventListener("pointermove", look, { capture: true });
    return () => {
      window.removeEventListener("pointermove", look, { capture: true });
      window.clearTimeout(atEdge);
      window.clearTimeout(timer.current);
    };
  }, [hideAfter]);

  return {
    visible: pinned || shown,
    pinned,
    setPinned: (value) => {
      remember("toolbar", value ? "pinned" : "hiding");
      setPinned(value);
    },
    show: () => {
      window.clearTimeout(timer.current);
      setShown(true);
    },
    hideSoon: () => {
      hideAfter(SLIP);
    },
  };
}

/** Whether the focus is in *toolbar*, or one of its menus is open (those are drawn elsewhere in the page). */
function isInUse(toolbar: HTMLElement | null): boolean {
  if (toolbar === null) return false;
  return toolbar.matches(":focus-within") || toolbar.querySelector('[aria-expanded="true"]') !== null;
}
