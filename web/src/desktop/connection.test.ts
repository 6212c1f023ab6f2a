import { beforeEach, expect, test, vi } from "vitest";
import { ApiProblem } from "../api/problem";
import type { Action, IssuedTicket, Role } from "../api/types";
import { FakeSocket } from "../testing/fakeSocket";
import { FakeTimers } from "../testing/fakeTimers";
import { DesktopConnection, permits } from "./connection";
import type { Display, DisplayListener, Player } from "./display";
import { endingOf } from "./endings";

class FakeDisplay implements Display {
  readonly tunnel = null;
  readonly socket: FakeSocket;
  readonly listener: DisplayListener;
  viewOnly: boolean | null = null;
  closed = false;
  readonly answers: ReadonlyMap<string, string>[] = [];

  constructor(socket: FakeSocket, listener: DisplayListener) {
    this.socket = socket;
    this.listener = listener;
  }
  setViewOnly(viewOnly: boolean): void {
    this.viewOnly = viewOnly;
  }
  setScaling(): void {
    // Nothing to see here.
  }
  setDragging(): void {
    // Nothing to see here.
  }
  sendKeys(): void {
    // Nothing to see here.
  }
  pasteText(): void {
    // Nothing to see here.
  }
  answer(answers: ReadonlyMap<string, string>): void {
    this.answers.push(answers);
  }
  focus(): void {
    // Nothing to see here.
  }
  close(): void {
    this.closed = true;
    this.socket.close();
  }
}

/** Lets what was promised happen. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

let timers: FakeTimers;
let displays: FakeDisplay[];
let opened: string[];
const askTicket = vi.fn<(role: Role | null, signal: AbortSignal) => Promise<IssuedTicket>>();
const onClipboard = vi.fn();
let connection: DesktopConnection;

const player: Player = {
  openSocket: (url) => {
    opened.push(url);
    return new FakeSocket() as unknown as WebSocket;
  },
  engine: (socket, listener) => {
    const display = new FakeDisplay(socket as unknown as FakeSocket, listener);
    displays.push(display);
    return display;
  },
  endingOf,
};

const MAY: Partial<Record<Role, Action[]>> = {
  owner: ["view", "input", "resize"],
  user: ["view", "input"],
};

function ticket(number: number, role: Role = "owner"): IssuedTicket {
  const url = `/stream/rfb?ticket=t${number}`;
  return { ticket: `t${number}`, url, role, permits: MAY[role] ?? ["view"], withheld: [], expires_in: 30 };
}

beforeEach(() => {
  timers = new FakeTimers();
  displays = [];
  opened = [];
  askTicket.mockReset();
  askTicket.mockImplementation((role) => Promise.resolve(ticket(opened.length + 1, role ?? "owner")));
  onClipboard.mockReset();
  connection = new DesktopConnection({
    askTicket,
    loadPlayer: () => Promise.resolve(player),
    onClipboard,
    timers,
    random: () => 1,
  });
});

function lastDisplay(): FakeDisplay {
  const display = displays.at(-1);
  if (display === undefined) throw new Error("nothing was opened");
  return display;
}

async function connect(): Promise<FakeDisplay> {
  connection.start();
  await settle();
  lastDisplay().listener.shown();
  return lastDisplay();
}

const view = (): DesktopConnection["view"]["value"] => connection.view.value;

test("a ticket is asked for, its socket opened, the picture shown", async () => {
  connection.start();
  expect(view().phase).toBe("asking");
  await settle();
  expect(view()).toMatchObject({ phase: "opening", role: "owner" });
  expect(connection.display).toBeNull();
  lastDisplay().listener.shown();
  expect(view()).toMatchObject({ phase: "connected", ending: null });
  expect(connection.display).toBe(lastDisplay());
  expect(opened).toEqual(["/stream/rfb?ticket=t1"]);
});

test("a lost stream is opened again with a fresh ticket, after a growing delay", async () => {
  const first = await connect();
  first.socket.end(4102, "desktop-ended: The desktop ended the connection.");
  expect(view()).toMatchObject({ phase: "waiting", ending: { code: "desktop-ended" } });
  expect(first.closed).toBe(true);
  const wait = timers.nextIn ?? 0;
  expect(view().retryAt).toBe(timers.now() + wait);
  timers.advance(wait);
  await settle();
  expect(opened).toEqual(["/stream/rfb?ticket=t1", "/stream/rfb?ticket=t2"]);
  expect(view().ending?.sentence).toBe("The desktop ended the connection.");
  lastDisplay().socket.end(1006);
  expect(timers.nextIn).toBeGreaterThan(wait);
});

test("a picture resets the delay and the reason", async () => {
  (await connect()).socket.end(1006);
  const wait = timers.nextIn ?? 0;
  timers.advance(wait);
  await settle();
  lastDisplay().listener.shown();
  expect(view()).toMatchObject({ phase: "connected", ending: null, attempts: 0 });
  lastDisplay().socket.end(1006);
  expect(timers.nextIn).toBe(wait);
});

test("a final reason ends the tries until the person asks again", async () => {
  (await connect()).socket.end(4103, "desktop-stopped: The desktop was stopped.");
  expect(view()).toMatchObject({ phase: "ended", retryAt: null, ending: { retry: false } });
  expect(timers.pending).toBe(0);
  connection.hurry();
  expect(view().phase).toBe("ended");
  connection.start();
  await settle();
  expect(view().phase).toBe("opening");
});

test("no ticket for now is waited out, no ticket at all is final", async () => {
  askTicket.mockRejectedValueOnce(new ApiProblem(409, "not-ready", "The desktop is not ready yet.", "r1"));
  connection.start();
  await settle();
  expect(view()).toMatchObject({ phase: "waiting", ending: { sentence: "The desktop is not ready yet." } });
  askTicket.mockRejectedValueOnce(new ApiProblem(404, "not-found", "There is no such desktop.", "r2"));
  timers.advance(timers.nextIn ?? 0);
  await settle();
  expect(view()).toMatchObject({ phase: "ended", ending: { code: "not-found" } });
});

test("hurrying does at once what the timer would do later", async () => {
  (await connect()).socket.end(1006);
  connection.hurry();
  await settle();
  expect(opened).toHaveLength(2);
  expect(timers.pending).toBe(0);
});

test("leaving closes everything and is the last word", async () => {
  const display = await connect();
  connection.leave();
  expect(display.closed).toBe(true);
  display.socket.end(1000);
  display.listener.clipboardReceived("too late");
  display.listener.shown();
  expect(view().phase).toBe("left");
  expect(onClipboard).not.toHaveBeenCalled();
  expect(timers.pending).toBe(0);
});

test("a ticket that arrives after leaving opens nothing", async () => {
  connection.start();
  const signal = askTicket.mock.calls[0]?.[1];
  connection.leave();
  await settle();
  expect(signal?.aborted).toBe(true);
  expect(opened).toEqual([]);
});

test("starting anew in another role replaces the stream and keeps the role for reconnects", async () => {
  const first = await connect();
  connection.start("guest");
  expect(view().rights).toBeNull();
  await settle();
  expect(first.closed).toBe(true);
  expect(lastDisplay().viewOnly).toBe(true);
  lastDisplay().listener.shown();
  expect(permits(view(), "input")).toBe(false);
  first.socket.end(4300, "access-ended: Old news.");
  expect(view().phase).toBe("connected");
  lastDisplay().socket.end(1006);
  timers.advance(timers.nextIn ?? 0);
  await settle();
  expect(askTicket.mock.lastCall?.[0]).toBe("guest");
});

test.each<[Role, boolean, boolean]>([
  ["owner", true, true],
  ["user", true, false],
  ["guest", false, false],
])("as %s: input %s, resize %s", async (role, input, resize) => {
  askTicket.mockResolvedValue(ticket(1, role));
  const display = await connect();
  expect(display.viewOnly).toBe(!input);
  expect(permits(view(), "input")).toBe(input);
  expect(permits(view(), "resize")).toBe(resize);
  display.socket.end(1006);
  expect(permits(view(), "view")).toBe(false);
});

test("a desktop that wants a password ends the tries", async () => {
  connection.start();
  await settle();
  lastDisplay().listener.refused("The desktop asks for a password.");
  expect(view()).toMatchObject({ phase: "ended", ending: { sentence: "The desktop asks for a password." } });
  expect(lastDisplay().closed).toBe(true);
});

test("a silent stream is given up and opened again", async () => {
  const display = await connect();
  connection.giveUpSilent();
  expect(display.closed).toBe(true);
  expect(view()).toMatchObject({ phase: "waiting", ending: { code: "silent" } });
  connection.giveUpSilent();
  expect(timers.pending).toBe(1);
});

test("what is copied on the desktop is handed on", async () => {
  (await connect()).listener.clipboardReceived("Füße 日本語");
  expect(onClipboard).toHaveBeenCalledWith("Füße 日本語");
});

test("what the machine asks for is told, answered once, and forgotten with the attempt", async () => {
  connection.start();
  await settle();
  lastDisplay().listener.asked(["username", "password"]);
  expect(connection.view.value).toMatchObject({ phase: "opening", asked: ["username", "password"] });
  connection.answer(new Map([["password", "sesame"]]));
  expect(connection.view.value.asked).toEqual([]);
  expect(lastDisplay().answers).toEqual([new Map([["password", "sesame"]])]);

  lastDisplay().listener.asked(["password"]);
  lastDisplay().socket.end(4102);
  expect(connection.view.value).toMatchObject({ phase: "waiting", asked: [] });
});

test("files that the machine shows are counted as long as the attempt lasts", async () => {
  const { listener } = await connect();
  listener.filesAppeared();
  listener.filesAppeared();
  expect(view().filesAppeared).toBe(2);
  connection.leave();
  listener.filesAppeared();
  expect(view().filesAppeared).toBe(2);
});
