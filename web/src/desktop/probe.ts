import { Subject, type Observable } from "../base/observable";
import type { TimerId, Timers } from "../base/timers";
import { LinkMeter, type LinkFigures } from "./link";

/** Milliseconds between two questions: short while somebody looks at the figures. */
const INTERVAL = { watched: 1_000, otherwise: 10_000 } as const;

/**
 * FramebufferUpdateRequest (RFC 6143, section 7.5.3), not incremental, for the one pixel at the
 * top left: every server answers it at once, and a viewer of any role may ask.
 */
const ONE_PIXEL = new Uint8Array([3, 0, 0, 0, 0, 0, 0, 1, 0, 1]);

/** What the probe uses of the stream's WebSocket. */
export interface ProbedSocket {
  addEventListener(
    type: "message",
    listener: (message: { readonly data: unknown }) => void,
    options: { signal: AbortSignal },
  ): void;
  send(message: Uint8Array<ArrayBuffer>): void;
}

/**
 * Measures one open stream: counts what comes and asks for one pixel now and then to time the way
 * there and back. An RFB message leaves noVNC in one piece before it returns to the event loop, so
 * the question cannot fall into the middle of another message.
 */
export class LinkProbe {
  readonly #socket: ProbedSocket;
  readonly #timers: Timers;
  readonly #onSilent: () => void;
  readonly #meter = new LinkMeter();
  readonly #figures: Subject<LinkFigures>;
  readonly #ended = new AbortController();
  #interval: number = INTERVAL.otherwise;
  #timer: TimerId | null = null;

  /** *onSilent* is called once a question has waited so long that the link must be dead. */
  constructor(socket: ProbedSocket, timers: Timers, onSilent: () => void) {
    this.#socket = socket;
    this.#timers = timers;
    this.#onSilent = onSilent;
    this.#figures = new Subject(this.#meter.figures(timers.now()));
    socket.addEventListener(
      "message",
      ({ data }) => {
        if (!(data instanceof ArrayBuffer)) return;
        const now = timers.now();
        if (this.#meter.received(data.byteLength, now)) this.#figures.value = this.#meter.figures(now);
      },
      { signal: this.#ended.signal },
    );
    this.#timer = timers.after(INTERVAL.watched, this.#tick);
  }

  get figures(): Observable<LinkFigures> {
    return this.#figures;
  }

  /** Somebody looks at the figures, or does so no longer. */
  watch(watched: boolean): void {
    this.#interval = watched ? INTERVAL.watched : INTERVAL.otherwise;
    if (watched) this.#tick();
  }

  close(): void {
    this.#ended.abort();
    if (this.#timer !== null) this.#timers.cancel(this.#timer);
    this.#timer = null;
  }

  readonly #tick = (): void => {
    if (this.#ended.signal.aborted) return;
    if (this.#timer !== null) this.#timers.cancel(this.#timer);
    const now = this.#timers.now();
    if (this.#meter.silent(now)) {
      this.#onSilent();
      return;
    }
    // While pictures flow the question must wait for a pause, which is looked for often.
    let interval: number = INTERVAL.watched;
    if (this.#meter.mayAsk(now)) {
      this.#socket.send(ONE_PIXEL);
      this.#meter.asked(now);
      interval = this.#interval;
    }
    this.#figures.value = this.#meter.figures(now);
    this.#timer = this.#timers.after(interval, this.#tick);
  };
}
