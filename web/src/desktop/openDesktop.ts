import { askTicket } from "../api/calls";
import { Subject, type Observable } from "../base/observable";
import { browserTimers } from "../base/timers";
import { ClipboardBridge } from "./clipboard";
import { DesktopConnection, takesInput } from "./connection";
import type { LinkFigures } from "./link";
import { novncEngine } from "./novnc";
import { LinkProbe } from "./probe";

/**
 * One desktop opened in this page: its picture, the connection behind it, its clipboard and the
 * figures of its link. `element` is put into the page by whoever opens it, before `start`.
 */
export class OpenDesktop {
  readonly element = document.createElement("div");
  readonly connection: DesktopConnection;
  readonly clipboard: ClipboardBridge;
  readonly #figures = new Subject<LinkFigures | null>(null);
  #probe: LinkProbe | null = null;
  #probed: WebSocket | null = null;
  #watched = false;
  #ended = new AbortController();

  constructor(instanceId: string) {
    this.element.style.height = "100%";
    const engine = novncEngine(this.element);
    this.connection = new DesktopConnection({
      askTicket: (role, signal) => askTicket(instanceId, role, signal),
      openSocket: (url) => new WebSocket(url, ["binary"]),
      engine,
      onClipboard: (text) => void this.clipboard.received(text),
      timers: browserTimers,
      random: Math.random,
    });
    this.clipboard = new ClipboardBridge({
      // Only secure contexts (https, localhost) have it, whatever the types say.
      local: (navigator as Partial<Navigator>).clipboard ?? null,
      mayReadSilently,
      sendToDesktop: (text) => this.connection.display?.pasteText(text),
    });
    this.connection.view.subscribe(() => {
      this.#probeCurrentSocket();
    });
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
      if (takesInput(this.connection.view.value)) void this.clipboard.takeOverSilently();
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

  #probeCurrentSocket(): void {
    const { socket } = this.connection.view.value;
    if (socket === this.#probed) return;
    this.#probed = socket;
    this.#probe?.close();
    this.#probe = null;
    this.#figures.value = null;
    if (socket === null) return;
    const probe = new LinkProbe(socket, browserTimers, () => {
      this.connection.giveUpSilent();
    });
    probe.figures.subscribe(() => {
      this.#figures.value = probe.figures.value;
    });
    probe.watch(this.#watched);
    this.#probe = probe;
  }
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
