declare const timerMark: unique symbol;

/** Names one pending call of `Timers.after`. */
export type TimerId = number & { readonly [timerMark]: never };

/** The clock and alarm of a controller; tests give their own. */
export interface Timers {
  /** Milliseconds on a clock that never goes back. */
  now(this: void): number;
  after(milliseconds: number, call: () => void): TimerId;
  cancel(timer: TimerId): void;
}

export const browserTimers: Timers = {
  now: () => performance.now(),
  after: (milliseconds, call) => window.setTimeout(call, milliseconds) as TimerId,
  cancel: (timer) => {
    window.clearTimeout(timer);
  },
};
