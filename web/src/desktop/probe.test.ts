import { beforeEach, expect, test, vi } from "vitest";
import { FakeSocket } from "../testing/fakeSocket";
import { FakeTimers } from "../testing/fakeTimers";
import { GUACAMOLE_QUESTION, LinkProbe, RFB_QUESTION } from "./probe";

let socket: FakeSocket;
let timers: FakeTimers;
const onSilent = vi.fn();
let probe: LinkProbe;

beforeEach(() => {
  socket = new FakeSocket();
  timers = new FakeTimers();
  onSilent.mockReset();
  probe = new LinkProbe(socket, RFB_QUESTION, timers, onSilent);
});

test("it asks for one pixel, not incrementally (RFC 6143, 7.5.3)", () => {
  timers.advance(1_000);
  expect(socket.sent).toEqual([new Uint8Array([3, 0, 0, 0, 0, 0, 0, 1, 0, 1])]);
});

test("the answer is timed and shown at once", () => {
  timers.advance(1_000);
  timers.advance(40);
  socket.receive(new ArrayBuffer(24));
  expect(probe.figures.value).toMatchObject({ roundTrip: 40, receivedInAll: 24 });
});

test("it asks often while somebody looks, and seldom otherwise", () => {
  const answerAll = (seconds: number): number => {
    const before = socket.sent.length;
    for (let second = 0; second < seconds; second += 1) {
      socket.receive(new ArrayBuffer(1));
      timers.advance(1_000);
    }
    return socket.sent.length - before;
  };
  expect(answerAll(30)).toBeLessThanOrEqual(3);
  probe.watch(true);
  expect(answerAll(30)).toBeGreaterThanOrEqual(28);
});

test("a dead link is noticed, once", () => {
  timers.advance(120_000);
  expect(onSilent).toHaveBeenCalledTimes(1);
  expect(socket.sent).toHaveLength(1);
});

test("a closed probe neither asks nor listens", () => {
  probe.close();
  socket.receive(new ArrayBuffer(5));
  probe.watch(true);
  timers.advance(60_000);
  expect(socket.sent).toEqual([]);
  expect(probe.figures.value.receivedInAll).toBe(0);
});

test("while pictures flow it waits for a pause, and takes the first", () => {
  timers.advance(950);
  socket.receive(new ArrayBuffer(5));
  timers.advance(50);
  expect(socket.sent).toEqual([]);
  timers.advance(1_000);
  expect(socket.sent).toHaveLength(1);
});

test("with Guacamole it knows the answer, however much flows meanwhile", () => {
  const asked = new FakeSocket();
  const guacamole = new LinkProbe(asked, GUACAMOLE_QUESTION, timers, onSilent);
  timers.advance(950);
  asked.receive("4.sync,1.7;");
  timers.advance(50);
  expect(asked.sent).toEqual(["0.,4.ping,4.2000;"]);
  timers.advance(20);
  asked.receive("4.sync,1.8;");
  expect(guacamole.figures.value.roundTrip).toBeNull();
  timers.advance(20);
  asked.receive("0.,4.ping,4.2000;");
  expect(guacamole.figures.value).toMatchObject({ roundTrip: 40, receivedInAll: 39 });
});

test("an answer that comes late is no silence while something else comes", () => {
  const asked = new FakeSocket();
  const probed = new LinkProbe(asked, GUACAMOLE_QUESTION, timers, onSilent);
  for (let second = 0; second < 60; second += 1) {
    timers.advance(1_000);
    asked.receive("4.sync,1.7;");
  }
  probe.close();
  onSilent.mockReset();
  expect(asked.sent).toHaveLength(1);
  timers.advance(25_000);
  expect(onSilent).toHaveBeenCalledTimes(1);
  probed.close();
});
