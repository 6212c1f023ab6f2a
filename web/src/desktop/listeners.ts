/**
 * Calls *make*, and answers with what it made and a function that takes away every listener which was put on
 * *target* meanwhile: for libraries that never take theirs away, and so keep alive all that these hold.
 */
export function withListeners<Made>(
  target: EventTarget,
  make: () => Made,
): { made: Made; stopListening: () => void } {
  const removals: (() => void)[] = [];
  const before = Object.getOwnPropertyDescriptor(target, "addEventListener");
  const add = target.addEventListener.bind(target);
  const listen: EventTarget["addEventListener"] = (type, listener, options) => {
    add(type, listener, options);
    removals.push(() => {
      target.removeEventListener(type, listener, options);
    });
  };
  Object.defineProperty(target, "addEventListener", { value: listen, writable: true, configurable: true });
  try {
    return {
      made: make(),
      stopListening: () => {
        for (const remove of removals) remove();
      },
    };
  } finally {
    if (before === undefined) Reflect.deleteProperty(target, "addEventListener");
    else Object.defineProperty(target, "addEventListener", before);
  }
}
