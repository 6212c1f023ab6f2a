/** Figures of the link between this page and the desktop. */
export interface LinkFigures {
  /** Milliseconds to whoever answers and back; null until one was measured. */
  readonly roundTrip: number | null;
  /** Bytes a second from the desktop, over the last few seconds. */
  readonly received: number;
  /** Bytes since the stream began. */
  readonly receivedInAll: number;
  readonly quality: LinkQuality;
}

export type LinkQuality = "unknown" | "good" | "fair" | "poor";

/** Up to here typing feels immediate … */
const GOOD_ROUND_TRIP = 90;
/** … and up to here it can be lived with. */
const FAIR_ROUND_TRIP = 220;
/** Rates are means over this many milliseconds. */
const RATE_WINDOW = 4_000;
/** A question whose answer looks like anything else is asked only when nothing came for so long. */
const QUIET = 150;
/** A question without an answer for so long is given up and the link counts as dead. */
const ANSWER_LIMIT = 20_000;
/** The median of so many round trips is shown: one picture that crosses a question cannot spoil it. */
const SAMPLES = 5;

/** Transfers within so many milliseconds are counted as one. */
const GRAIN = 200;

interface Transfer {
  readonly at: number;
  bytes: number;
}

/**
 * Counts what goes over one stream and times questions (“give me this one pixel again”) that are
 * answered at once. Times are milliseconds, given by the caller.
 */
export class LinkMeter {
  readonly #received: Transfer[] = [];
  readonly #roundTrips: number[] = [];
  #receivedInAll = 0;
  #lastReceived = -Infinity;
  #askedAt: number | null = null;

  /** Whether this was taken for the answer to a question; it is not where *mayAnswer* is false. */
  received(bytes: number, now: number, mayAnswer = true): boolean {
    count(this.#received, bytes, now);
    this.#receivedInAll += bytes;
    this.#lastReceived = now;
    if (this.#askedAt === null || !mayAnswer) return false;
    this.#roundTrips.push(now - this.#askedAt);
    if (this.#roundTrips.length > SAMPLES) this.#roundTrips.shift();
    this.#askedAt = null;
    return true;
  }

  /** Whether a question has waited too long for an answer, and nothing at all came since. */
  silent(now: number): boolean {
    return this.#askedAt !== null && now - Math.max(this.#askedAt, this.#lastReceived) > ANSWER_LIMIT;
  }

  /** Whether a question asked now could be timed, if its answer can be told apart from all else or not. */
  mayAsk(now: number, recognisable = false): boolean {
    return this.#askedAt === null && (recognisable || now - this.#lastReceived >= QUIET);
  }

  asked(now: number): void {
    this.#askedAt = now;
  }

  figures(now: number): LinkFigures {
    dropOlder(this.#received, now - RATE_WINDOW);
    const roundTrip = median(this.#roundTrips);
    return {
      roundTrip,
      received: rate(this.#received),
      receivedInAll: this.#receivedInAll,
      quality: qualityOf(roundTrip, this.#askedAt === null ? 0 : now - this.#askedAt),
    };
  }
}

function count(transfers: Transfer[], bytes: number, now: number): void {
  const last = transfers.at(-1);
  if (last !== undefined && now - last.at < GRAIN) last.bytes += bytes;
  else transfers.push({ at: now, bytes });
  dropOlder(transfers, now - RATE_WINDOW);
}

function dropOlder(transfers: Transfer[], than: number): void {
  const keep = transfers.findIndex((each) => each.at >= than);
  transfers.splice(0, keep === -1 ? transfers.length : keep);
}

function rate(transfers: readonly Transfer[]): number {
  return (transfers.reduce((sum, each) => sum + each.bytes, 0) * 1000) / RATE_WINDOW;
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

/** *waited*: how long the open question has been waiting. */
function qualityOf(roundTrip: number | null, waited: number): LinkQuality {
  if (waited > 5 * FAIR_ROUND_TRIP) return "poor";
  if (roundTrip === null) return "unknown";
  if (roundTrip <= GOOD_ROUND_TRIP) return "good";
  return roundTrip <= FAIR_ROUND_TRIP ? "fair" : "poor";
}
