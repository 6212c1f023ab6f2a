import { AudioContextFactory, AudioPlayer, Client } from "@glokon/guacamole-common-js";
import { browserTimers } from "../base/timers";
import type { Display, DisplayEngine, Player, Scaling } from "./display";
import { endingOfGuacamole } from "./endings";
import { GuacamoleInput } from "./guacamoleInput";
import { readText, writeText } from "./guacamoleText";
import { SocketTunnel } from "./guacamoleTunnel";
import { GuacamoleView } from "./guacamoleView";
import type { KeyStroke } from "./keys";

/** Shows desktops in *target* with guacamole-common-js, unmodified. */
export function guacamolePlayer(target: HTMLElement): Player {
  return {
    engine: guacamoleEngine(target),
    openSocket: (url) => new WebSocket(withWishes(url), ["guacamole"]),
    endingOf: endingOfGuacamole,
  };
}

/** All that a browser may choose; the machine's parameters are the gateway's business. */
function withWishes(url: string): string {
  const wishes = new URLSearchParams(AudioPlayer.getSupportedTypes().map((type) => ["audio", type]));
  wishes.set("timezone", Intl.DateTimeFormat().resolvedOptions().timeZone);
  return `${url}&${wishes}`;
}

function guacamoleEngine(target: HTMLElement): DisplayEngine {
  return (socket, listener) => {
    const tunnel = new SocketTunnel(socket, reportError);
    const client = new Client(tunnel);
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
    target.append(view.element);
    letSoundThrough(view.element);
    client.connect();
    return new GuacamoleDisplay(tunnel, client, view, input);
  };
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
  #closed = false;

  constructor(tunnel: SocketTunnel, client: Client, view: GuacamoleView, input: GuacamoleInput) {
    this.#tunnel = tunnel;
    this.#client = client;
    this.#view = view;
    this.#input = input;
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
  }
}
