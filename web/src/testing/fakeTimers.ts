import type { TimerId, Timers } from "../base/timers";

interface Alarm {
  readonly id: TimerId;
  readonly at: number;
  readonly call: () => void;
}

/** A clock that stands still until the test moves it. */
export class FakeTimers implements Timers {
  #now = 1_000;
  #count = 0;
  #alarms: Alarm[] = [];

  readonly now = (): number => this.#now;

  after(milliseconds: number, call: () => void): TimerId {
    this.#count += 1;
    const id = this.#count as TimerId;
    this.#alarms.push({ id, at: this.#now + milliseconds, call });
    return id;
  }

  cancel(timer: TimerId): void {
    this.#alarms = this.#alarms.filter(({ id }) => id !== timer);
  }

  /** How many alarms are set. */
  get pending(): number {
    return this.#alarms.length;
  }

  /** Milliseconds until the next alarm; null when none is set. */
  get nextIn(): number | null {
    const times = this.#alarms.map(({ at }) => at - this.#now);
    return times.length === 0 ? null : Math.min(...times);
  }

  /** Lets *milliseconds* pass, with every alarm at its own time. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const due = this.#alarms.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)[0];
      if (due === undefined) break;
      this.cancel(due.id);
      this.#now = due.at;
      due.call();
    }
    this.#now = end;
  }
}
