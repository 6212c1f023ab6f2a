import { Subject, type Observable } from "../base/observable";
import type { TimerId, Timers } from "../base/timers";
import { LinkMeter, type LinkFigures } from "./link";

/** Milliseconds between two questions: short while somebody looks at the figures. */
const INTERVAL = { watched: 1_000, otherwise: 10_000 } as const;

/** What the one side of a stream asks and the other side answers at once. */
export interface Question {
  message(this: void, now: number): Uint8Array<ArrayBuffer> | string;
  /** Whether *data* is the answer; null where it looks like anything else. */
  readonly isAnswer: ((data: string) => boolean) | null;
}

/**
 * FramebufferUpdateRequest (RFC 6143, section 7.5.3), not incremental, for the one pixel at the top
 * left: every server answers it at once, and a viewer of any role may ask. An RFB message leaves noVNC
 * in one piece before it returns to the event loop, so the question cannot fall into the middle of
 * another message.
 */
export const RFB_QUESTION: Question = {
  message: () => new Uint8Array([3, 0, 0, 0, 0, 0, 0, 1, 0, 1]),
  isAnswer: null,
};

/** The ping of Guacamole's tunnels, which the gateway sends back as it is, in a message of its own. */
export const GUACAMOLE_QUESTION: Question = {
  message: (now) => {
    const time = now.toFixed(0);
    return `0.,4.ping,${time.length}.${time};`;
  },
  isAnswer: (data) => data.startsWith("0.,4.ping,"),
};

/** What the probe uses of the stream's WebSocket. */
export interface ProbedSocket {
  addEventListener(
    type: "message",
    listener: (message: { readonly data: unknown }) => void,
    options: { signal: AbortSignal },
  ): void;
  send(message: Uint8Array<ArrayBuffer> | string): void;
}

/** Measures one open stream: counts what comes, and asks now and then to time the way there and back. */
export class LinkProbe {
  readonly #socket: ProbedSocket;
  readonly #question: Question;
  readonly #timers: Timers;
  readonly #onSilent: () => void;
  readonly #meter = new LinkMeter();
  readonly #figures: Subject<LinkFigures>;
  readonly #ended = new AbortController();
  #interval: number = INTERVAL.otherwise;
  #timer: TimerId | null = null;

  /** *onSilent* is called once a question has waited so long that the link must be dead. */
  constructor(socket: ProbedSocket, question: Question, timers: Timers, onSilent: () => void) {
    this.#socket = socket;
    this.#question = question;
    this.#timers = timers;
    this.#onSilent = onSilent;
    this.#figures = new Subject(this.#meter.figures(timers.now()));
    socket.addEventListener(
      "message",
      ({ data }) => {
        const now = timers.now();
        const { isAnswer } = question;
        const mayAnswer = isAnswer === null || (typeof data === "string" && isAnswer(data));
        if (this.#meter.received(sizeOf(data), now, mayAnswer))
          this.#figures.value = this.#meter.figures(now);
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
    if (this.#meter.mayAsk(now, this.#question.isAnswer !== null)) {
      this.#socket.send(this.#question.message(now));
      this.#meter.asked(now);
      interval = this.#interval;
    }
    this.#figures.value = this.#meter.figures(now);
    this.#timer = this.#timers.after(interval, this.#tick);
  };
}

/** Bytes of a message; what Guacamole draws with is ASCII. */
function sizeOf(data: unknown): number {
  if (data instanceof ArrayBuffer) return data.byteLength;
  return typeof data === "string" ? data.length : 0;
}
