import { useEffect, useEffectEvent } from "react";
import { EscapeDetector } from "../../desktop/escape";

/** Calls *act* when Ctrl+Alt+Shift was pressed and released alone, wherever the focus is. */
export function useEscape(act: () => void): void {
  const onEscape = useEffectEvent(act);
  useEffect(() => {
    const detector = new EscapeDetector();
    const look = (event: KeyboardEvent): void => {
      if (detector.sees(event)) onEscape();
    };
    const ended = new AbortController();
    // In the capture phase, since the picture keeps what it hears.
    const options = { capture: true, signal: ended.signal };
    window.addEventListener("keydown", look, options);
    window.addEventListener("keyup", look, options);
    return () => {
      ended.abort();
    };
  }, []);
}
