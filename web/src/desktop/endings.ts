import endReasons from "./endReasons.json";

/** Why a stream ended, as the gateway says it in the WebSocket's close code and reason. */
export interface Ending {
  /** Stable and for programs, such as `desktop-ended`. */
  readonly code: string;
  /** For a person. */
  readonly sentence: string;
  /** Whether connecting again can help. */
  readonly retry: boolean;
}

/** Close codes of ours (RFC 6455, section 7.4.2) after which connecting again cannot help. */
const FINAL_CLOSE_CODES: ReadonlySet<number> = new Set(
  endReasons.filter(({ websocketClose, retry }) => websocketClose >= 4000 && !retry).map(codeOf),
);

/** Codes of RFC 6455, section 7.4.1, that arrive without a sentence of the gateway. */
const WITHOUT_SENTENCE: ReadonlyMap<number, Ending> = new Map([
  [1000, { code: "closed", sentence: "The connection was closed.", retry: true }],
  [
    1001,
    {
      code: "gateway-stopping",
      sentence: "The gateway is restarting. Your desktop keeps running.",
      retry: true,
    },
  ],
  [1005, { code: "screen-fault", sentence: "The picture could not be shown any further.", retry: true }],
  [1006, { code: "connection-lost", sentence: "The connection to Beamdesk was lost.", retry: true }],
  [1011, { code: "gateway-fault", sentence: "Something went wrong inside Beamdesk.", retry: true }],
  [
    1012,
    {
      code: "gateway-stopping",
      sentence: "The gateway is restarting. Your desktop keeps running.",
      retry: true,
    },
  ],
]);

/** What the Guacamole lane says, by status; the status 0 says no more than the close code. */
const BY_STATUS: ReadonlyMap<string, Ending> = new Map(
  endReasons
    .filter(({ guacamoleStatus }) => guacamoleStatus !== 0)
    .map(({ guacamoleStatus, code, sentence, retry }) => [
      String(guacamoleStatus),
      { code, sentence, retry },
    ]),
);

/** Reads a close frame: *reason* is `<code>: <sentence>` when the gateway wrote it. */
export function endingOf(closeCode: number, reason: string): Ending {
  const retry = !FINAL_CLOSE_CODES.has(closeCode);
  const written = /^([a-z][a-z-]*): (.+)$/s.exec(reason);
  if (written?.[1] !== undefined && written[2] !== undefined) {
    return { code: written[1], sentence: written[2], retry };
  }
  return (
    WITHOUT_SENTENCE.get(closeCode) ?? {
      code: "unknown",
      sentence: `The connection ended (${closeCode}).`,
      retry,
    }
  );
}

/**
 * Reads a close frame of the Guacamole lane, where *reason* is the status as a decimal number: that is
 * all that Guacamole's own tunnel understands.
 */
export function endingOfGuacamole(closeCode: number, reason: string): Ending {
  return BY_STATUS.get(reason) ?? endingOf(closeCode, "");
}

function codeOf({ websocketClose }: { websocketClose: number }): number {
  return websocketClose;
}
