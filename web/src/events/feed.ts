import { delayBefore } from "../base/backoff";
import { Subject, type Observable } from "../base/observable";
import type { TimerId, Timers } from "../base/timers";
import type { ServerEvent } from "../api/types";
import { parseServerEvent } from "./parse";

/** What the feed uses of a WebSocket. */
export interface FeedSocket {
  addEventListener(
    type: "message",
    listener: (message: { readonly data: unknown }) => void,
    options: { signal: AbortSignal },
  ): void;
  addEventListener(type: "close", listener: () => void, options: { signal: AbortSignal }): void;
  close(): void;
}

export interface FeedParts {
  /** Opens the socket of the page's events. */
  readonly open: () => FeedSocket;
  /** Called with each event, in order; `hello` comes first after every (re)connection. */
  readonly onEvent: (event: ServerEvent) => void;
  /** Called after each socket that ended before its `hello`: the sign-in may be over. */
  readonly onRefused: () => void;
  readonly timers: Timers;
  readonly random: () => number;
}

/** `stopped`, `connecting` for the first time, `live`, or `down` and trying again. */
export type FeedState = "stopped" | "connecting" | "live" | "down";

/**
 * The one WebSocket on which this page hears what changes. It connects again by itself, after a
 * growing delay; what was missed meanwhile comes with the next `hello`.
 */
export class EventFeed {
  readonly #parts: FeedParts;
  readonly #state = new Subject<FeedState>("stopped");
  /** Aborted when the current socket is given up; nothing of it is heard any more. */
  #given = new AbortController();
  #timer: TimerId | null = null;
  #attempt = 0;

  constructor(parts: FeedParts) {
    this.#parts = parts;
  }

  get state(): Observable<FeedState> {
    return this.#state;
  }

  start(): void {
    if (this.#state.value !== "stopped") return;
    this.#state.value = "connecting";
    this.#connect();
  }

  stop(): void {
    this.#state.value = "stopped";
    this.#forgetTimer();
    this.#given.abort();
    this.#attempt = 0;
  }

  /** Tries at once what a timer would try later (the network is back, the page is looked at). */
  hurry(): void {
    if (this.#timer === null) return;
    this.#forgetTimer();
    this.#connect();
  }

  #connect(): void {
    const socket = this.#parts.open();
    const given = new AbortController();
    const { signal } = given;
    signal.addEventListener("abort", () => {
      socket.close();
    });
    this.#given = given;
    let greeted = false;
    const hear = (message: { readonly data: unknown }): void => {
      const event = parseServerEvent(message.data);
      if (event === null) return;
      if (event.type === "hello") {
        greeted = true;
        this.#attempt = 0;
        this.#state.value = "live";
      }
      this.#parts.onEvent(event);
    };
    const lose = (): void => {
      given.abort();
      if (!greeted) this.#parts.onRefused();
      // The listener may have stopped the feed.
      if (this.#state.value === "stopped") return;
      this.#state.value = "down";
      this.#connectLater();
    };
    socket.addEventListener("message", hear, { signal });
    socket.addEventListener("close", lose, { signal });
  }

  #connectLater(): void {
    const wait = delayBefore(this.#attempt, this.#parts.random());
    this.#attempt += 1;
    this.#timer = this.#parts.timers.after(wait, () => {
      this.#timer = null;
      this.#connect();
    });
  }

  #forgetTimer(): void {
    if (this.#timer !== null) this.#parts.timers.cancel(this.#timer);
    this.#timer = null;
  }
}
