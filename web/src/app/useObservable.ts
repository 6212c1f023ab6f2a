import { useSyncExternalStore } from "react";
import type { Observable } from "../base/observable";

/** The value of *observable*, drawn anew with each change. */
export function useObservable<T>(observable: Observable<T>): T {
  return useSyncExternalStore(observable.subscribe, () => observable.value);
}
