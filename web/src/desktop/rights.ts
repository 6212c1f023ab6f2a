import type { Action } from "../api/types";

/**
 * What may be done through one stream, as its ticket tells. The gateway is what enforces it (roles.py); this
 * only spares the page from offering what would be dropped.
 */
export interface Rights {
  readonly permits: readonly Action[];
  /** What nobody may do with this desktop, whatever the role. */
  readonly withheld: readonly Action[];
}

/** Whose rule forbids something: that of the desktop's plan, or that of the role in which it was opened. */
export type Refusal = "plan" | "role";

/** Why *action* may not be done with *rights*; null where it may. */
export function refusalOf({ permits, withheld }: Rights, action: Action): Refusal | null {
  if (permits.includes(action)) return null;
  return withheld.includes(action) ? "plan" : "role";
}
