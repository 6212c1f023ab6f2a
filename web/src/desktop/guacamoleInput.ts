import { Keyboard, Mouse, Touch, type Client } from "@glokon/guacamole-common-js";

/** Keys, pointer and touches from the page to the machine. */
export class GuacamoleInput {
  /** With true, nothing is sent. */
  viewOnly = false;
  readonly #client: Client;
  readonly #keyboard: Keyboard;
  readonly #mouse: Mouse;
  #touches = false;

  /** Hears keys on *focusable*, pointer and touches on *picture*, which shows the display and nothing else. */
  constructor(client: Client, focusable: HTMLElement, picture: HTMLElement) {
    this.#client = client;
    this.#keyboard = new Keyboard(focusable);
    this.#mouse = new Mouse(picture);
    this.#listenToKeys(focusable);
    this.#listenToPointer(focusable, picture);
    this.#listenToTouches(picture);
    const display = client.getDisplay();
    display.oncursor = (canvas, x, y) => {
      // The browser draws the pointer: so it never lags behind.
      display.showCursor(!this.#mouse.setCursor(canvas, x, y));
    };
  }

  sendKey(keysym: number, down: boolean): void {
    if (!this.viewOnly) this.#client.sendKeyEvent(down ? 1 : 0, keysym);
  }

  /** Lets go of every key and button that is held. */
  release(): void {
    this.#keyboard.reset();
    this.#mouse.reset();
  }

  #listenToKeys(focusable: HTMLElement): void {
    this.#keyboard.onkeydown = (keysym) => {
      this.sendKey(keysym, true);
      // What the machine does not get remains the browser's.
      return this.viewOnly;
    };
    this.#keyboard.onkeyup = (keysym) => {
      this.sendKey(keysym, false);
    };
    focusable.addEventListener("blur", () => {
      this.release();
    });
  }

  #listenToPointer(focusable: HTMLElement, picture: HTMLElement): void {
    this.#mouse.onEach(["mousedown", "mousemove", "mouseup"], this.#sendMouse);
    picture.addEventListener("pointerdown", (event) => {
      focusable.focus({ preventScroll: true });
      // What is dragged beyond the edge is still dragged.
      if (event.pointerType === "mouse") picture.setPointerCapture(event.pointerId);
    });
    picture.addEventListener("mousedown", (event) => {
      event.preventDefault();
    });
  }

  /** A finger is a mouse, until the machine says that it knows fingers. */
  #listenToTouches(picture: HTMLElement): void {
    const emulated = new Mouse.Touchscreen(picture);
    emulated.onEach(["mousedown", "mousemove", "mouseup"], (event: object) => {
      if (!this.#touches) this.#sendMouse(event);
    });
    const touch = new Touch(picture);
    touch.onEach(["touchstart", "touchmove", "touchend"], (event: object) => {
      if (this.#touches && !this.viewOnly) this.#client.sendTouchState((event as Touch.Event).state, true);
    });
    this.#client.onmultitouch = (_layer, touches) => {
      this.#touches = touches > 0;
    };
  }

  readonly #sendMouse = (event: object): void => {
    if (this.viewOnly) return;
    const { state } = event as Mouse.Event;
    this.#client.getDisplay().showCursor(false);
    this.#client.sendMouseState(state, true);
  };
}
