/** The Keyboard Lock API, which only some browsers have. */
interface KeyboardLock {
  lock?: () => Promise<void>;
  unlock?: () => void;
}

/**
 * Switches full screen for the whole page, so that menus and dialogues stay visible. Where the
 * browser can, keys such as Alt+Tab and Esc then go to the desktop as well (Esc held down leaves).
 * What the browser refuses stays as it is.
 */
export async function toggleFullScreen(): Promise<void> {
  const { keyboard } = navigator as Navigator & { keyboard?: KeyboardLock };
  try {
    if (document.fullscreenElement === null) {
      await document.documentElement.requestFullscreen({ navigationUI: "hide" });
      await keyboard?.lock?.();
    } else {
      keyboard?.unlock?.();
      await document.exitFullscreen();
    }
  } catch (cause) {
    if (!(cause instanceof TypeError || cause instanceof DOMException)) throw cause;
  }
}
