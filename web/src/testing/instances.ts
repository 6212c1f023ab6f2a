import type { Instance } from "../api/types";

/** An instance as the gateway would tell of it, with what the test cares for put in. */
export function makeInstance(change: Partial<Instance> = {}): Instance {
  return {
    id: "i1",
    name: "Diffraction run 12",
    comment: "",
    plan: { id: "linux", name: "Linux desktop", icon: "desktop" },
    owner: { id: "u1", name: "Ada Lovelace" },
    role: "owner",
    state: "READY",
    desired: "running",
    phase: null,
    error: null,
    unreachable: false,
    screen: { mode: "fit", width: 1280, height: 800 },
    keyboard: "us",
    streams: ["rfb"],
    created_at: "2026-11-01T10:00:00Z",
    state_since: "2026-11-01T10:00:05Z",
    thumbnail: null,
    viewers: [],
    ...change,
  };
}
