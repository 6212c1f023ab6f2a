import { useEffect, useState } from "react";

/**
 * The time in milliseconds, drawn anew every *interval* milliseconds: since 1970, or as *clock*
 * tells it (which must be the same function at each call).
 */
export function useNow(interval: number, clock: () => number = Date.now): number {
  const [now, setNow] = useState(clock);
  useEffect(() => {
    const timer = window.setInterval(() => {
      setNow(clock());
    }, interval);
    return () => {
      window.clearInterval(timer);
    };
  }, [interval, clock]);
  return now;
}
