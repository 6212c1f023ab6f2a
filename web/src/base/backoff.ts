/** How long to wait between attempts, in milliseconds. */
export interface Backoff {
  readonly first: number;
  readonly factor: number;
  readonly longest: number;
}

/**
 * A second at first, half a minute at most: short enough that a restarted gateway is found at
 * once, long enough that a crowd of tabs does not hammer it.
 */
export const RECONNECT: Backoff = { first: 800, factor: 1.7, longest: 30_000 };

/**
 * The wait before attempt number *attempt* (from 0). *random* is in 0…1; the upper half of the
 * growing delay is random, so that tabs that were cut off together do not come back together.
 */
export function delayBefore(attempt: number, random: number, backoff: Backoff = RECONNECT): number {
  const full = Math.min(backoff.longest, backoff.first * backoff.factor ** attempt);
  return Math.round(full / 2 + (full / 2) * random);
}
