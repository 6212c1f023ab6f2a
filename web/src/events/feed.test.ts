import { beforeEach, expect, test, vi } from "vitest";
import { FakeSocket } from "../testing/fakeSocket";
import { FakeTimers } from "../testing/fakeTimers";
import { EventFeed } from "./feed";

const HELLO = JSON.stringify({ type: "hello", instances: [], server_time: "2026-11-01T10:00:00Z" });

let sockets: FakeSocket[];
let timers: FakeTimers;
const onEvent = vi.fn();
const onRefused = vi.fn();
let feed: EventFeed;

beforeEach(() => {
  sockets = [];
  timers = new FakeTimers();
  onEvent.mockReset();
  onRefused.mockReset();
  feed = new EventFeed({
    open: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    onEvent,
    onRefused,
    timers,
    random: () => 1,
  });
});

test("events are handed on in order once the feed is live", () => {
  feed.start();
  expect(feed.state.value).toBe("connecting");
  sockets[0]?.receive(HELLO);
  sockets[0]?.receive('{"type":"instance_gone","id":"i1"}');
  expect(feed.state.value).toBe("live");
  expect(onEvent.mock.calls.map(([event]) => (event as { type: string }).type)).toEqual([
    "hello",
    "instance_gone",
  ]);
});

test("a lost socket is opened again after a growing delay, which a hello resets", () => {
  feed.start();
  sockets[0]?.receive(HELLO);
  sockets[0]?.end(1006);
  expect(feed.state.value).toBe("down");
  const first = timers.nextIn;
  timers.advance(first ?? 0);
  sockets[1]?.end(1006);
  const second = timers.nextIn;
  expect(second).toBeGreaterThan(first ?? Infinity);
  timers.advance(second ?? 0);
  sockets[2]?.receive(HELLO);
  expect(feed.state.value).toBe("live");
  sockets[2]?.end(1006);
  expect(timers.nextIn).toBe(first);
});

test("a socket that ends before its hello may mean that the sign-in is over", () => {
  feed.start();
  sockets[0]?.end(1006);
  expect(onRefused).toHaveBeenCalledTimes(1);
  timers.advance(60_000);
  sockets[1]?.receive(HELLO);
  sockets[1]?.end(1006);
  expect(onRefused).toHaveBeenCalledTimes(1);
});

test("hurrying tries at once, and only when something waits", () => {
  feed.start();
  feed.hurry();
  expect(sockets).toHaveLength(1);
  sockets[0]?.end(1006);
  feed.hurry();
  expect(sockets).toHaveLength(2);
  expect(timers.pending).toBe(0);
});

test("a stopped feed is silent, also when it is stopped by its own listener", () => {
  onRefused.mockImplementation(() => {
    feed.stop();
  });
  feed.start();
  sockets[0]?.end(1006);
  expect(timers.pending).toBe(0);
  expect(feed.state.value).toBe("stopped");
});

test("stopping closes the socket and nothing of it is heard any more", () => {
  feed.start();
  feed.stop();
  expect(sockets[0]?.closed).toBe(true);
  sockets[0]?.receive(HELLO);
  sockets[0]?.end(1000);
  expect(onEvent).not.toHaveBeenCalled();
  expect(timers.pending).toBe(0);
  feed.start();
  expect(sockets).toHaveLength(2);
});
