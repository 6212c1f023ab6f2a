/** Where the way to a desktop stands. */
export type Phase =
  /** Nothing was asked for yet. */
  | "idle"
  /** Asking the gateway for a ticket. */
  | "asking"
  /** The WebSocket is being opened, the two sides shake hands. */
  | "opening"
  /** Pictures arrive, input is sent. */
  | "connected"
  /** Lost, and about to try again. */
  | "waiting"
  /** Lost for good: trying again by itself cannot help. */
  | "ended"
  /** The person left. */
  | "left";

export type Happening =
  "started" | "ticketIssued" | "handshakeDone" | "lostForNow" | "lostForGood" | "personLeft";

type Row = Readonly<Partial<Record<Happening, Phase>>>;

/** What each happening leads to; what is not in here is stale and changes nothing. */
export const TRANSITIONS: Readonly<Record<Phase, Row>> = {
  idle: { started: "asking", personLeft: "left" },
  asking: {
    ticketIssued: "opening",
    lostForNow: "waiting",
    lostForGood: "ended",
    started: "asking",
    personLeft: "left",
  },
  opening: {
    handshakeDone: "connected",
    lostForNow: "waiting",
    lostForGood: "ended",
    started: "asking",
    personLeft: "left",
  },
  connected: { lostForNow: "waiting", lostForGood: "ended", started: "asking", personLeft: "left" },
  waiting: { started: "asking", personLeft: "left" },
  ended: { started: "asking", personLeft: "left" },
  left: { started: "asking" },
};

/** The phase after *happening*, or null if it means nothing in *phase*. */
export function next(phase: Phase, happening: Happening): Phase | null {
  return TRANSITIONS[phase][happening] ?? null;
}
