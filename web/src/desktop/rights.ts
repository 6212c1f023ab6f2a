import type { Role } from "../api/types";

const SENDS_INPUT: ReadonlySet<Role> = new Set(["owner", "co-owner", "user"]);
const RESIZES: ReadonlySet<Role> = new Set(["owner", "co-owner"]);

/**
 * Whether keys, pointer and clipboard of *role* reach the desktop. The gateway is what enforces it
 * (roles.py); this only spares the page from offering what would be dropped.
 */
export function maySendInput(role: Role): boolean {
  return SENDS_INPUT.has(role);
}

/** Whether *role* may change the size of the desktop. */
export function mayResize(role: Role): boolean {
  return RESIZES.has(role);
}
