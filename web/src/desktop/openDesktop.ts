import { askTicket } from "../api/calls";
import { ApiProblem } from "../api/problem";
import type { Stream } from "../api/types";
import { remember, remembered } from "../base/memory";
import { Subject, type Observable } from "../base/observable";
import { browserTimers } from "../base/timers";
import { ClipboardBridge } from "./clipboard";
import { DesktopConnection, permits } from "./connection";
import type { LinkFigures } from "./link";
import type { Player } from "./display";
import { GUACAMOLE_QUESTION, LinkProbe, RFB_QUESTION, type Question } from "./probe";
import { RemoteFiles } from "./remoteFiles";
import { Uploads } from "./uploads";
import { rememberedWishes, rememberWishes, type Wishes } from "./wishes";

/**
 * One desktop opened in this page: its picture, the connection behind it, its clipboard and the
 * figures of its link. `element` is put into the page by whoever opens it, before `start`.
 */
export class OpenDesktop {
  readonly element = document.createElement("div");
  readonly connection: DesktopConnection;
  readonly clipboard: ClipboardBridge;
  readonly uploads = new Uploads((place, file: File, onProgress, signal) =>
    this.files.upload(place, file, onProgress, signal),
  );
  readonly #figures = new Subject<LinkFigures | null>(null);
  #probe: LinkProbe | null = null;
  #probed: WebSocket | null = null;
  #watched = false;
  readonly #instanceId: string;
  readonly #stream: Subject<Stream>;
  readonly #wishes: Subject<Wishes>;
  #ended = new AbortController();

  /** *streams*: what the machine can be shown by. */
  constructor(instanceId: string, streams: readonly Stream[]) {
    this.element.style.height = "100%";
    this.#instanceId = instanceId;
    this.#stream = new Subject(preferred(streams));
    this.#wishes = new Subject(rememberedWishes(instanceId));
    this.connection = new DesktopConnection({
      askTicket: (role, signal) => askTicket(instanceId, this.#stream.value, role, signal),
      loadPlayer: () => this.#loadPlayer(),
      onClipboard: (text) => void this.clipboard.received(text),
      timers: browserTimers,
      random: Math.random,
    });
    this.clipboard = new ClipboardBridge({
      // Only secure contexts (https, localhost) have it, whatever the types say.
      local: (navigator as Partial<Navigator>).clipboard ?? null,
      mayReadSilently,
      maySend: () => permits(this.connection.view.value, "clipboard-to-desktop"),
      sendToDesktop: (text) => this.connection.display?.pasteText(text),
    });
    this.connection.view.subscribe(() => {
      this.#probeCurrentSocket();
    });
  }

  /** What the desktop is shown by. */
  get stream(): Observable<Stream> {
    return this.#stream;
  }

  /** Shows the desktop by *stream* from now on, also next time. */
  switchTo(stream: Stream): void {
    if (stream === this.#stream.value) return;
    remember(CHOICE, stream);
    this.#stream.value = stream;
    this.connection.start();
  }

  get wishes(): Observable<Wishes> {
    return this.#wishes;
  }

  /** Opens the stream anew as it is wished now, also next time. */
  wish(change: Partial<Wishes>): void {
    this.#wishes.value = { ...this.#wishes.value, ...change };
    rememberWishes(this.#instanceId, this.#wishes.value);
    this.connection.start();
  }

  /** The machine's files, for as long as this picture lasts. */
  get files(): RemoteFiles {
    return new RemoteFiles(this.connection.display?.tunnel ?? "");
  }

  /** Figures of the link; null while there is none. */
  get figures(): Observable<LinkFigures | null> {
    return this.#figures;
  }

  start(): void {
    this.#ended = new AbortController();
    const { signal } = this.#ended;
    const lookedAt = (): void => {
      if (document.visibilityState !== "visible") return;
      this.connection.hurry();
      void this.clipboard.takeOverSilently();
    };
    window.addEventListener("online", lookedAt, { signal });
    window.addEventListener("focus", lookedAt, { signal });
    document.addEventListener("visibilitychange", lookedAt, { signal });
    this.connection.start();
  }

  leave(): void {
    this.#ended.abort();
    this.connection.leave();
  }

  /** The figures are looked at, or no longer. */
  watchLink(watched: boolean): void {
    this.#watched = watched;
    this.#probe?.watch(watched);
  }

  /** Each player is fetched when it is needed first. */
  async #loadPlayer(): Promise<Player> {
    try {
      switch (this.#stream.value) {
        case "rfb":
          return (await import("./novnc")).novncPlayer(this.element, this.#wishes.value);
        case "guacamole":
          return (await import("./guacamole")).guacamolePlayer(this.element, this.#wishes.value);
      }
    } catch {
      throw ApiProblem.offline();
    }
  }

  #probeCurrentSocket(): void {
    const { socket } = this.connection.view.value;
    if (socket === this.#probed) return;
    this.#probed = socket;
    this.#probe?.close();
    this.#probe = null;
    this.#figures.value = null;
    if (socket === null) return;
    const probe = new LinkProbe(socket, QUESTIONS[this.#stream.value], browserTimers, () => {
      this.connection.giveUpSilent();
    });
    probe.figures.subscribe(() => {
      this.#figures.value = probe.figures.value;
    });
    probe.watch(this.#watched);
    this.#probe = probe;
  }
}

const CHOICE = "stream";

const QUESTIONS: Readonly<Record<Stream, Question>> = {
  rfb: RFB_QUESTION,
  guacamole: GUACAMOLE_QUESTION,
};

/** What was chosen last, if it is offered; else the first, which is the one that the gateway prefers. */
function preferred(streams: readonly Stream[]): Stream {
  return streams.find((stream) => stream === remembered(CHOICE)) ?? streams[0] ?? "rfb";
}

async function mayReadSilently(): Promise<boolean> {
  try {
    const { state } = await navigator.permissions.query({ name: "clipboard-read" as PermissionName });
    return state === "granted";
  } catch {
    // Firefox and Safari know no such permission and always ask.
    return false;
  }
}
