import { ApiProblem } from "../api/problem";
import { Subject, type Observable } from "../base/observable";
import type { FilePlace, UploadProgress } from "./remoteFiles";

export type UploadState = "waiting" | "running" | "done" | "failed" | "cancelled";

export interface Upload {
  readonly id: number;
  readonly name: string;
  /** Bytes in all, and those that are on their way. */
  readonly size: number;
  readonly sent: number;
  readonly state: UploadState;
  /** Why it failed. */
  readonly sentence: string | null;
}

/** What the queue uses of a File. */
export interface NamedBlob {
  readonly name: string;
  readonly size: number;
}

export type Put<Content> = (
  place: FilePlace,
  content: Content,
  onProgress: UploadProgress,
  signal: AbortSignal,
) => Promise<void>;

/** Files on their way to the machine, one after the other: side by side none would be there sooner. */
export class Uploads<Content extends NamedBlob = File> {
  readonly #put: Put<Content>;
  readonly #view = new Subject<readonly Upload[]>([]);
  readonly #waiting: { id: number; place: FilePlace; content: Content }[] = [];
  #running: { id: number; cancel: AbortController } | null = null;
  #lastId = 0;

  constructor(put: Put<Content>) {
    this.#put = put;
  }

  get view(): Observable<readonly Upload[]> {
    return this.#view;
  }

  add(place: FilePlace, content: Content): void {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#waiting.push({ id, place, content });
    const { name, size } = content;
    this.#view.value = [...this.#view.value, { id, name, size, sent: 0, state: "waiting", sentence: null }];
    if (this.#running === null) void this.#work();
  }

  cancel(id: number): void {
    if (this.#running?.id === id) this.#running.cancel.abort();
    const at = this.#waiting.findIndex((each) => each.id === id);
    if (at === -1) return;
    this.#waiting.splice(at, 1);
    this.#change(id, { state: "cancelled" });
  }

  /** Forgets what has come to its end. */
  clear(): void {
    this.#view.value = this.#view.value.filter(({ state }) => state === "waiting" || state === "running");
  }

  async #work(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const { id, place, content } = next;
      const cancel = new AbortController();
      this.#running = { id, cancel };
      this.#change(id, { state: "running" });
      const onProgress = (sent: number): void => {
        this.#change(id, { sent });
      };
      try {
        await this.#put(place, content, onProgress, cancel.signal);
        this.#change(id, { state: "done", sent: content.size });
      } catch (cause) {
        const sentence = ApiProblem.from(cause).sentence;
        this.#change(id, cancel.signal.aborted ? { state: "cancelled" } : { state: "failed", sentence });
      }
    }
    this.#running = null;
  }

  #change(id: number, change: Partial<Upload>): void {
    this.#view.value = this.#view.value.map((each) => (each.id === id ? { ...each, ...change } : each));
  }
}
