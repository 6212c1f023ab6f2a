import { AudioContextFactory, AudioPlayer, Client } from "@glokon/guacamole-common-js";
import { browserTimers } from "../base/timers";
import type { Display, DisplayEngine, Player, Scaling } from "./display";
import { endingOfGuacamole } from "./endings";
import { GuacamoleInput } from "./guacamoleInput";
import { guacamoleQuery, type Surroundings } from "./guacamoleQuery";
import { readText, writeText } from "./guacamoleText";
import { SocketTunnel } from "./guacamoleTunnel";
import { GuacamoleView } from "./guacamoleView";
import type { KeyStroke } from "./keys";
import { withListeners } from "./listeners";
import type { Wishes } from "./wishes";

/** Shows desktops in *target* with guacamole-common-js, unmodified. */
export function guacamolePlayer(target: HTMLElement, wishes: Wishes): Player {
  return {
    engine: guacamoleEngine(target, wishes),
    openSocket: (url) => new WebSocket(`${url}&${guacamoleQuery(wishes, surroundings())}`, ["guacamole"]),
    endingOf: endingOfGuacamole,
  };
}

function surroundings(): Surroundings {
  return {
    audio: AudioPlayer.getSupportedTypes(),
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
}

function guacamoleEngine(target: HTMLElement, { sound }: Wishes): DisplayEngine {
  return (socket, listener) => {
    const tunnel = new SocketTunnel(socket, reportError);
    // Guacamole's Display listens to the window, and would be kept with all its pictures for as long as the page.
    const { made: client, stopListening } = withListeners(window, () => new Client(tunnel));
    const view = new GuacamoleView(
      client.getDisplay(),
      {
        clipped: listener.clipped,
        sizeWanted: ({ width, height }) => {
          client.sendSize(width, height);
        },
      },
      browserTimers,
    );
    const input = new GuacamoleInput(client, view.element, client.getDisplay().getElement());
    client.onstatechange = (state) => {
      if (state === Client.State.CONNECTED) listener.shown();
    };
    client.onclipboard = (stream, mimetype) => {
      if (mimetype.startsWith("text/")) readText(stream, listener.clipboardReceived);
      else stream.sendAck("Text only", UNSUPPORTED);
    };
    client.onrequired = listener.asked;
    client.onfilesystem = listener.filesAppeared;
    // Without any player Guacamole takes its own.
    client.onaudio = sound ? null : () => new SilentPlayer();
    target.append(view.element);
    letSoundThrough(view.element);
    client.connect();
    return new GuacamoleDisplay(tunnel, client, view, input, stopListening);
  };
}

/** Takes a stream of sound and plays nothing of it. */
class SilentPlayer extends AudioPlayer {
  override sync(): void {
    // Silence is never late.
  }
}

const UNSUPPORTED = 0x0100;

/** Browsers keep a page silent until somebody has touched it. */
function letSoundThrough(element: HTMLElement): void {
  const resume = (): void => {
    const sound = AudioContextFactory.getAudioContext();
    if (sound?.state === "suspended") void sound.resume();
  };
  element.addEventListener("pointerdown", resume);
  element.addEventListener("keydown", resume);
}

class GuacamoleDisplay implements Display {
  readonly #tunnel: SocketTunnel;
  readonly #client: Client;
  readonly #view: GuacamoleView;
  readonly #input: GuacamoleInput;
  readonly #stopListening: () => void;
  #closed = false;

  constructor(
    tunnel: SocketTunnel,
    client: Client,
    view: GuacamoleView,
    input: GuacamoleInput,
    stopListening: () => void,
  ) {
    this.#tunnel = tunnel;
    this.#client = client;
    this.#view = view;
    this.#input = input;
    this.#stopListening = stopListening;
  }

  get tunnel(): string | null {
    return this.#tunnel.uuid;
  }

  setViewOnly(viewOnly: boolean): void {
    this.#input.viewOnly = viewOnly;
  }

  setScaling(scaling: Scaling): void {
    this.#view.setScaling(scaling);
  }

  setDragging(dragging: boolean): void {
    this.#view.setDragging(dragging);
  }

  sendKeys(strokes: readonly KeyStroke[]): void {
    for (const { keysym, down } of strokes) this.#input.sendKey(keysym, down);
  }

  pasteText(text: string): void {
    if (!this.#input.viewOnly) writeText(this.#client.createClipboardStream("text/plain"), text);
  }

  answer(answers: ReadonlyMap<string, string>): void {
    for (const [name, value] of answers) {
      writeText(this.#client.createArgumentValueStream("text/plain", name), value);
    }
  }

  focus(): void {
    this.#view.element.focus({ preventScroll: true });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#input.release();
    this.#view.close();
    this.#client.disconnect();
    this.#stopListening();
  }
}
