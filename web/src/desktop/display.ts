import type { Ending } from "./endings";
import type { KeyStroke } from "./keys";

/** How the picture is brought to the size of the window. */
export type Scaling =
  /** Shrunk or grown until it fits. */
  | "fit"
  /** One pixel is one pixel; what does not fit is scrolled to. */
  | "actual"
  /** The desktop itself takes the window's size (RFB SetDesktopSize, Guacamole `size`). */
  | "window";

/** What a shown desktop reports. */
export interface DisplayListener {
  /** The handshake is done; pictures follow. */
  shown(this: void): void;
  /** Text was copied on the desktop. */
  clipboardReceived(this: void, text: string): void;
  /** The desktop wants a password or refused us: the gateway should have answered that itself. */
  refused(this: void, sentence: string): void;
  /** The machine waits for these parameters, such as `password`, before it shows anything. */
  asked(this: void, names: readonly string[]): void;
  /** The machine has some more files to show (`RemoteFiles`). */
  filesAppeared(this: void): void;
  /** Whether a part of the picture is outside of the window. */
  clipped(this: void, clipped: boolean): void;
}

/** A desktop's picture in the page, and the way for input to it; made by an engine such as noVNC. */
export interface Display {
  /** What the machine's files are asked for with (`RemoteFiles`); null where this lane moves none. */
  readonly tunnel: string | null;
  setViewOnly(viewOnly: boolean): void;
  setScaling(scaling: Scaling): void;
  /** With true, dragging moves the visible part of a picture that is larger than the window. */
  setDragging(dragging: boolean): void;
  sendKeys(strokes: readonly KeyStroke[]): void;
  pasteText(text: string): void;
  /** Gives what the machine asked for, by name. */
  answer(answers: ReadonlyMap<string, string>): void;
  focus(): void;
  /** Takes the picture out of the page and closes the socket; safe to call twice. */
  close(): void;
}

/** Shows what comes on *socket*. */
export type DisplayEngine = (socket: WebSocket, listener: DisplayListener) => Display;

/** Everything that differs between the lanes. */
export interface Player {
  readonly engine: DisplayEngine;
  /** Opens the stream at *url*, which carries the ticket. */
  openSocket(this: void, url: string): WebSocket;
  /** Reads a close frame of this lane. */
  endingOf(this: void, closeCode: number, reason: string): Ending;
}
