import { ApiProblem } from "../api/problem";
import type { Action, IssuedTicket, Role } from "../api/types";
import { delayBefore } from "../base/backoff";
import { Subject, type Observable } from "../base/observable";
import type { TimerId, Timers } from "../base/timers";
import type { Display, Player } from "./display";
import type { Ending } from "./endings";
import { next, type Happening, type Phase } from "./phases";
import type { Rights } from "./rights";

/** The outside world of a `DesktopConnection`. */
export interface ConnectionParts {
  /** A fresh ticket, used at once; with null for the highest role that the person has. */
  readonly askTicket: (role: Role | null, signal: AbortSignal) => Promise<IssuedTicket>;
  /** What shows the stream; it may have to be fetched first. */
  readonly loadPlayer: () => Promise<Player>;
  readonly onClipboard: (text: string) => void;
  readonly timers: Timers;
  readonly random: () => number;
}

/** What is to be seen of a connection; a new value with each change. */
export interface ConnectionView {
  readonly phase: Phase;
  /** The role of the stream, once a ticket told it. */
  readonly role: Role | null;
  /** What may be done through the stream of this attempt; null until its ticket told it. */
  readonly rights: Rights | null;
  /** Why the last stream ended; null while none did. */
  readonly ending: Ending | null;
  /** When the next attempt starts (on the clock of `Timers.now`); null unless waiting. */
  readonly retryAt: number | null;
  /** Attempts since the last picture. */
  readonly attempts: number;
  readonly clipped: boolean;
  /** What the machine waits for before it shows anything, such as `password`. */
  readonly asked: readonly string[];
  /** How often the machine said that it has files to show. */
  readonly filesAppeared: number;
  /** The open stream, for measuring it. */
  readonly socket: WebSocket | null;
}

const NOTHING_YET: ConnectionView = {
  phase: "idle",
  role: null,
  rights: null,
  ending: null,
  retryAt: null,
  attempts: 0,
  clipped: false,
  asked: [],
  filesAppeared: 0,
  socket: null,
};

/**
 * The way from this page to one desktop: asks for a ticket, opens the WebSocket, hands it to the
 * engine that shows the picture, and does so again, with a growing and random delay, until the
 * person leaves or the gateway says that it is of no use.
 */
export class DesktopConnection {
  readonly #parts: ConnectionParts;
  readonly #view = new Subject<ConnectionView>(NOTHING_YET);
  #askedRole: Role | null = null;
  #display: Display | null = null;
  #timer: TimerId | null = null;
  /** Aborted when the attempt that it belongs to is over; what comes later is stale. */
  #attempt = new AbortController();

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  get view(): Observable<ConnectionView> {
    return this.#view;
  }

  /** The picture; null while there is none. */
  get display(): Display | null {
    return this.#view.value.phase === "connected" ? this.#display : null;
  }

  /** Starts, or starts anew in the role *role* (null: the highest that the person has). */
  start(role: Role | null = this.#askedRole): void {
    this.#askedRole = role;
    if (!this.#move("started", { rights: null, retryAt: null, socket: null })) return;
    this.#dropAttempt();
    void this.#ask(this.#attempt.signal);
  }

  /** What the timer would do later; nothing unless waiting. */
  hurry(): void {
    if (this.#view.value.phase === "waiting") this.start();
  }

  leave(): void {
    if (!this.#move("personLeft", { retryAt: null, socket: null })) return;
    this.#dropAttempt();
  }

  /** Gives the machine what it waits for. */
  answer(answers: ReadonlyMap<string, string>): void {
    this.#view.value = { ...this.#view.value, asked: [] };
    this.#display?.answer(answers);
  }

  /** Nothing has come for so long that the link must be dead, though no close was heard. */
  giveUpSilent(): void {
    if (this.#view.value.phase !== "connected") return;
    this.#lose({ code: "silent", sentence: "The desktop has not answered for a while.", retry: true });
  }

  async #ask(signal: AbortSignal): Promise<void> {
    let ticket: IssuedTicket;
    let player: Player;
    try {
      [ticket, player] = await Promise.all([
        this.#parts.askTicket(this.#askedRole, signal),
        this.#parts.loadPlayer(),
      ]);
    } catch (cause) {
      if (!signal.aborted) this.#lose(endingOfProblem(ApiProblem.from(cause)));
      return;
    }
    const { role, permits, withheld } = ticket;
    if (signal.aborted || !this.#move("ticketIssued", { role, rights: { permits, withheld } })) return;
    this.#open(ticket, player, signal);
  }

  #open(ticket: IssuedTicket, player: Player, signal: AbortSignal): void {
    const socket = player.openSocket(ticket.url);
    // Heard beside the engine, which gives neither code nor reason on.
    socket.addEventListener(
      "close",
      (close) => {
        this.#lose(player.endingOf(close.code, close.reason));
      },
      { signal },
    );
    const display = player.engine(socket, {
      shown: () => {
        if (!signal.aborted) this.#move("handshakeDone", { ending: null, attempts: 0, asked: [], socket });
      },
      clipboardReceived: (text) => {
        if (!signal.aborted) this.#parts.onClipboard(text);
      },
      refused: (sentence) => {
        if (!signal.aborted) this.#lose({ code: "desktop-refused", sentence, retry: false });
      },
      asked: (names) => {
        if (!signal.aborted) this.#view.value = { ...this.#view.value, asked: names };
      },
      filesAppeared: () => {
        if (signal.aborted) return;
        const { filesAppeared } = this.#view.value;
        this.#view.value = { ...this.#view.value, filesAppeared: filesAppeared + 1 };
      },
      clipped: (clipped) => {
        if (!signal.aborted) this.#view.value = { ...this.#view.value, clipped };
      },
    });
    display.setViewOnly(!ticket.permits.includes("input"));
    this.#display = display;
  }

  #lose(ending: Ending): void {
    const { attempts } = this.#view.value;
    if (!ending.retry) {
      this.#move("lostForGood", { ending, socket: null });
      this.#dropAttempt();
      return;
    }
    const wait = delayBefore(attempts, this.#parts.random());
    const retryAt = this.#parts.timers.now() + wait;
    if (!this.#move("lostForNow", { ending, retryAt, attempts: attempts + 1, socket: null })) return;
    this.#dropAttempt();
    this.#timer = this.#parts.timers.after(wait, () => {
      this.#timer = null;
      this.start();
    });
  }

  /** Takes down what the current attempt opened, so that nothing of it is heard any more. */
  #dropAttempt(): void {
    this.#attempt.abort();
    this.#attempt = new AbortController();
    if (this.#timer !== null) this.#parts.timers.cancel(this.#timer);
    this.#timer = null;
    const display = this.#display;
    this.#display = null;
    if (this.#view.value.asked.length > 0) this.#view.value = { ...this.#view.value, asked: [] };
    display?.close();
  }

  /** Whether *happening* means something now; if so, the view has changed. */
  #move(happening: Happening, change: Partial<ConnectionView>): boolean {
    const phase = next(this.#view.value.phase, happening);
    if (phase === null) return false;
    this.#view.value = { ...this.#view.value, ...change, phase };
    return true;
  }
}

function endingOfProblem(problem: ApiProblem): Ending {
  return { code: problem.code, sentence: problem.sentence, retry: problem.passing };
}

/** Whether *view* shows a desktop with which this person may do *action* now. */
export function permits(view: ConnectionView, action: Action): boolean {
  return view.phase === "connected" && view.rights?.permits.includes(action) === true;
}
