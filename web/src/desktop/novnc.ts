import RFB from "@novnc/novnc";
import type { Display, DisplayEngine, Player, Scaling } from "./display";
import { endingOf } from "./endings";
import type { Picture, Wishes } from "./wishes";

/** Shows desktops in *target* with noVNC, unmodified. */
export function novncPlayer(target: HTMLElement, { picture }: Wishes): Player {
  return {
    engine: novncEngine(target, LEVELS[picture]),
    openSocket: (url) => new WebSocket(url, ["binary"]),
    endingOf,
  };
}

interface Levels {
  /** Of JPEG, from 0 to 9; the desktop uses it only where that is smaller. */
  readonly quality: number;
  /** From 0 to 9; higher ones are more work for the desktop. */
  readonly compression: number;
}

const LEVELS: Readonly<Record<Picture, Levels>> = {
  sharp: { quality: 9, compression: 2 },
  balanced: { quality: 6, compression: 2 },
  saving: { quality: 2, compression: 6 },
};

function novncEngine(target: HTMLElement, { quality, compression }: Levels): DisplayEngine {
  return (socket, listener) => {
    const rfb = new RFB(target, socket);
    rfb.qualityLevel = quality;
    rfb.compressionLevel = compression;
    rfb.background = "transparent";
    // A desktop that draws no pointer would otherwise leave nothing to aim with.
    rfb.showDotCursor = true;
    rfb.addEventListener("connect", () => {
      listener.shown();
    });
    rfb.addEventListener("clipboard", (event) => {
      listener.clipboardReceived(event.detail.text);
    });
    rfb.addEventListener("clippingviewport", (event) => {
      listener.clipped(event.detail);
    });
    rfb.addEventListener("credentialsrequired", () => {
      listener.refused("The desktop asks for a password that Beamdesk does not have.");
    });
    rfb.addEventListener("securityfailure", (event) => {
      listener.refused(event.detail.reason ?? "The desktop refused the connection.");
    });
    return new NovncDisplay(rfb);
  };
}

class NovncDisplay implements Display {
  readonly tunnel = null;
  readonly #rfb: RFB;
  #closed = false;

  constructor(rfb: RFB) {
    this.#rfb = rfb;
    rfb.addEventListener("disconnect", () => {
      this.#closed = true;
    });
  }

  setViewOnly(viewOnly: boolean): void {
    this.#rfb.viewOnly = viewOnly;
  }

  setScaling(scaling: Scaling): void {
    // In the mode “window” the picture is scaled as well: until the desktop has followed, and where
    // it cannot follow (its largest size, a guest's window).
    this.#rfb.scaleViewport = scaling !== "actual";
    this.#rfb.clipViewport = scaling === "actual";
    this.#rfb.resizeSession = scaling === "window";
  }

  setDragging(dragging: boolean): void {
    this.#rfb.dragViewport = dragging;
  }

  sendKeys(strokes: readonly { keysym: number; code: string | null; down: boolean }[]): void {
    for (const { keysym, code, down } of strokes) this.#rfb.sendKey(keysym, code, down);
  }

  pasteText(text: string): void {
    this.#rfb.clipboardPasteFrom(text);
  }

  answer(): void {
    // The gateway has answered the desktop; noVNC is asked nothing.
  }

  focus(): void {
    this.#rfb.focus({ preventScroll: true });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#rfb.disconnect();
  }
}
