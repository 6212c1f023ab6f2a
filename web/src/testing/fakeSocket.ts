interface Incoming {
  message: { readonly data: unknown };
  close: { readonly code: number; readonly reason: string };
}

type Listener<Type extends keyof Incoming> = (event: Incoming[Type]) => void;

/** A WebSocket without a network: the test says what arrives, and reads what was sent. */
export class FakeSocket {
  readonly sent: unknown[] = [];
  closed = false;
  readonly #listeners: { [Type in keyof Incoming]: Set<Listener<Type>> } = {
    message: new Set(),
    close: new Set(),
  };

  /** As WebSocket.OPEN and WebSocket.CLOSED. */
  get readyState(): number {
    return this.closed ? 3 : 1;
  }

  addEventListener<Type extends keyof Incoming>(
    type: Type,
    listener: Listener<Type>,
    options?: { signal: AbortSignal },
  ): void {
    const listeners: Set<Listener<Type>> = this.#listeners[type];
    listeners.add(listener);
    options?.signal.addEventListener("abort", () => listeners.delete(listener));
  }

  send(message: unknown): void {
    this.sent.push(message);
  }

  close(): void {
    this.closed = true;
  }

  /** Something arrives from the other side. */
  receive(data: unknown): void {
    for (const listener of [...this.#listeners.message]) listener({ data });
  }

  /** The other side, or the network, ends it. */
  end(code: number, reason = ""): void {
    this.closed = true;
    for (const listener of [...this.#listeners.close]) listener({ code, reason });
  }
}
