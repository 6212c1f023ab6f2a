import { useEffect, useState } from "react";
import { guessKeyboard, letterRow, type LetterRow } from "./keyboardGuess";

/** The Keyboard API, which only some browsers have, and only in secure contexts. */
interface KeyboardApi {
  getLayoutMap?: () => Promise<ReadonlyMap<string, string>>;
}

/** The likeliest of *offered* for this computer; it may get better a moment later. */
export function useKeyboardGuess(offered: readonly string[]): string | undefined {
  const [row, setRow] = useState<LetterRow>(null);
  useEffect(() => {
    const { keyboard } = navigator as Navigator & { keyboard?: KeyboardApi };
    keyboard?.getLayoutMap?.().then(
      (printed) => {
        setRow(letterRow(printed));
      },
      () => {
        // The languages must do.
      },
    );
  }, []);
  return guessKeyboard(navigator.languages, row, offered);
}
