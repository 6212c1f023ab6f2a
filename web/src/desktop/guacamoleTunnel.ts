import { Parser, Tunnel } from "@glokon/guacamole-common-js";

/** What the tunnel uses of a WebSocket. */
export interface TunnelSocket {
  readonly readyState: number;
  addEventListener(type: "message", listener: (message: { readonly data: unknown }) => void): void;
  addEventListener(type: "close", listener: () => void): void;
  send(message: string): void;
  close(): void;
}

/** `WebSocket.OPEN`, where there may be no page. */
const OPEN = 1;

/**
 * Carries instructions over a WebSocket that somebody else opened, and whose end somebody else hears:
 * Guacamole's own tunnel keeps its socket to itself, so that neither could its link be measured nor its
 * close code be told.
 */
export class SocketTunnel extends Tunnel {
  constructor(socket: TunnelSocket, onBroken: (cause: unknown) => void) {
    super();
    const parser = new Parser();
    parser.oninstruction = (opcode, parameters) => {
      // The gateway says who we are before anything else.
      if (this.uuid === null && opcode === Tunnel.INTERNAL_DATA_OPCODE && parameters[0] !== undefined) {
        this.setUUID(parameters[0]);
        this.setState(Tunnel.State.OPEN);
      }
      if (opcode !== Tunnel.INTERNAL_DATA_OPCODE) this.oninstruction?.(opcode, parameters);
    };
    // Guacamole's constructor makes these methods of each object: methods of this class would never be called.
    this.connect = () => {
      this.setState(Tunnel.State.CONNECTING);
      socket.addEventListener("message", ({ data }) => {
        if (this.state === Tunnel.State.CLOSED) return;
        try {
          parser.receive(data as string);
        } catch (cause) {
          // Where in the stream the next instruction begins is unknown now.
          this.disconnect();
          onBroken(cause);
        }
      });
      socket.addEventListener("close", () => {
        this.setState(Tunnel.State.CLOSED);
      });
    };
    this.sendMessage = (...elements: unknown[]) => {
      // Others hear of the close before this tunnel does, and part with it.
      if (this.isConnected() && socket.readyState === OPEN) socket.send(Parser.toInstruction(elements));
    };
    this.disconnect = () => {
      this.setState(Tunnel.State.CLOSED);
      socket.close();
    };
  }
}
