/**
 * Calls *make*, and answers with what it made and a function that takes away every listener which was put on
 * *target* meanwhile: for libraries that never take theirs away, and so keep alive all that these hold.
 */
export function withListeners<Made>(
  target: EventTarget,
  make: () => Made,
): { made: Made; stopListening: () => void } {
  const ended = new AbortController();
  const before = Object.getOwnPropertyDescriptor(target, "addEventListener");
  const addEventListener = target.addEventListener.bind(target);
  target.addEventListener = (type, listener, options) => {
    const wanted = typeof options === "boolean" ? { capture: options } : options;
    const signals = [ended.signal, ...(wanted?.signal === undefined ? [] : [wanted.signal])];
    addEventListener(type, listener, { ...wanted, signal: AbortSignal.any(signals) });
  };
  try {
    const stopListening = (): void => {
      ended.abort();
    };
    return { made: make(), stopListening };
  } finally {
    if (before === undefined) Reflect.deleteProperty(target, "addEventListener");
    else Object.defineProperty(target, "addEventListener", before);
  }
}
