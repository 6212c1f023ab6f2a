import type { ServerEvent } from "../api/types";

const KNOWN = new Set<string>([
  "hello",
  "instance",
  "instance_gone",
  "notice",
] satisfies ServerEvent["type"][]);

/**
 * One text frame of the events socket. Null for what this page does not know: a newer gateway may
 * speak of more than an older page understands. The shapes behind a known `type` are the
 * gateway's promise (one schema on both sides) and are not checked again.
 */
export function parseServerEvent(frame: unknown): ServerEvent | null {
  if (typeof frame !== "string") return null;
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null || !("type" in value)) return null;
  return typeof value.type === "string" && KNOWN.has(value.type) ? (value as ServerEvent) : null;
}
