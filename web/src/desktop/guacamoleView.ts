import type { Display } from "@glokon/guacamole-common-js";
import type { TimerId, Timers } from "../base/timers";
import { scaleToFit, sizeToAskFor, type Size } from "./guacamoleSizes";
import type { Scaling } from "./display";

/** Milliseconds that the window has to keep its size before the desktop takes it. */
const SETTLED = 250;

export interface ViewListener {
  clipped(this: void, clipped: boolean): void;
  /** The desktop is to have this size. */
  sizeWanted(this: void, size: Size): void;
}

/** The part of the page that a display is seen through: its scale, its place, what is scrolled to. */
export class GuacamoleView {
  readonly element = document.createElement("div");
  readonly #display: Display;
  readonly #listener: ViewListener;
  readonly #timers: Timers;
  readonly #picture: HTMLElement;
  readonly #observer: ResizeObserver;
  #scaling: Scaling = "fit";
  #dragging = false;
  #settling: TimerId | null = null;

  constructor(display: Display, listener: ViewListener, timers: Timers) {
    this.#display = display;
    this.#listener = listener;
    this.#timers = timers;
    this.#picture = display.getElement();
    this.#dress();
    this.element.append(this.#picture);
    this.element.addEventListener("pointermove", this.#drag);
    display.onresize = () => {
      this.#layOut();
    };
    this.#observer = new ResizeObserver(() => {
      this.#layOut();
      this.#askSoon();
    });
    this.#observer.observe(this.element);
  }

  setScaling(scaling: Scaling): void {
    this.#scaling = scaling;
    this.element.style.overflow = scaling === "actual" ? "auto" : "hidden";
    this.#layOut();
    this.#ask();
  }

  setDragging(dragging: boolean): void {
    this.#dragging = dragging;
    // Then what happens on the picture happens to this element, where fingers scroll by themselves.
    this.#picture.style.pointerEvents = dragging ? "none" : "";
    this.element.style.touchAction = dragging ? "pan-x pan-y" : "none";
    this.element.style.cursor = dragging ? "grab" : "";
  }

  close(): void {
    this.#observer.disconnect();
    if (this.#settling !== null) this.#timers.cancel(this.#settling);
    this.element.remove();
  }

  #dress(): void {
    const { element } = this;
    element.tabIndex = -1;
    // Positioned, since Guacamole looks for what is scrolled among positioned elements only.
    element.style.cssText = "position: relative; display: flex; width: 100%; height: 100%; outline: none;";
    element.style.touchAction = "none";
    // Centred where there is room, and scrolled to from its edge where there is none.
    this.#picture.style.margin = "auto";
    this.#picture.style.flex = "none";
  }

  #layOut(): void {
    const picture = { width: this.#display.getWidth(), height: this.#display.getHeight() };
    const window = sizeOf(this.element);
    this.#display.scale(this.#scaling === "actual" ? 1 : scaleToFit(picture, window));
    const clipped = picture.width > window.width || picture.height > window.height;
    this.#listener.clipped(this.#scaling === "actual" && clipped);
  }

  #askSoon(): void {
    if (this.#settling !== null) this.#timers.cancel(this.#settling);
    this.#settling = this.#timers.after(SETTLED, () => {
      this.#settling = null;
      this.#ask();
    });
  }

  #ask(): void {
    if (this.#scaling !== "window") return;
    const wanted = sizeToAskFor(sizeOf(this.element));
    if (wanted === null) return;
    if (wanted.width === this.#display.getWidth() && wanted.height === this.#display.getHeight()) return;
    this.#listener.sizeWanted(wanted);
  }

  readonly #drag = (event: PointerEvent): void => {
    if (!this.#dragging || event.pointerType !== "mouse" || event.buttons === 0) return;
    this.element.scrollBy(-event.movementX, -event.movementY);
  };
}

function sizeOf({ clientWidth, clientHeight }: HTMLElement): Size {
  return { width: clientWidth, height: clientHeight };
}
