/** A value that can be watched; what controllers show to whoever draws them. */
export interface Observable<T> {
  readonly value: T;
  /** Calls *listener* after each change until the answer is called. */
  subscribe(this: void, listener: () => void): () => void;
}

/** The writable side of an `Observable`; setting the same value again tells nobody. */
export class Subject<T> implements Observable<T> {
  #value: T;
  readonly #listeners = new Set<() => void>();

  constructor(initial: T) {
    this.#value = initial;
  }

  get value(): T {
    return this.#value;
  }

  set value(next: T) {
    if (Object.is(this.#value, next)) return;
    this.#value = next;
    for (const listener of [...this.#listeners]) listener();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };
}
