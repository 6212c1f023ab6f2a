// @vitest-environment jsdom
import { beforeEach, expect, test, vi } from "vitest";
import { FakeSocket } from "../testing/fakeSocket";
import type { DisplayListener } from "./display";
import { guacamolePlayer } from "./guacamole";

const LISTENER: DisplayListener = {
  shown: vi.fn(),
  clipboardReceived: vi.fn(),
  refused: vi.fn(),
  asked: vi.fn(),
  filesAppeared: vi.fn(),
  clipped: vi.fn(),
};

beforeEach(() => {
  vi.stubGlobal("reportError", vi.fn());
  vi.stubGlobal(
    "ResizeObserver",
    vi.fn(function () {
      return { observe: vi.fn(), disconnect: vi.fn() };
    }),
  );
  // What is drawn is of no matter here, and a page in memory has nothing to draw with.
  const anything: unknown = new Proxy({}, { get: () => () => undefined, set: () => true });
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(anything as null);
});

test("a display that is closed is no longer heard of by the window", () => {
  const [added, removed] = [vi.spyOn(window, "addEventListener"), vi.spyOn(window, "removeEventListener")];
  const { engine } = guacamolePlayer(document.createElement("div"), { picture: "balanced", sound: true });
  for (let round = 1; round <= 3; round += 1) {
    const display = engine(new FakeSocket() as unknown as WebSocket, LISTENER);
    expect(added.mock.calls.length).toBeGreaterThan(removed.mock.calls.length);
    display.close();
    expect(removed.mock.calls).toEqual(added.mock.calls);
  }
});
