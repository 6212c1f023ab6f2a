import { beforeEach, expect, test, vi } from "vitest";
import { ClipboardBridge, type LocalClipboard } from "./clipboard";

const TEXT = "Füße 日本語";
const readText = vi.fn<() => Promise<string>>();
const writeText = vi.fn<(text: string) => Promise<void>>();
const sendToDesktop = vi.fn();
let silently: boolean;
let taken: boolean;

function makeBridge(local: LocalClipboard | null = { readText, writeText }): ClipboardBridge {
  return new ClipboardBridge({
    local,
    mayReadSilently: () => Promise.resolve(silently),
    maySend: () => taken,
    sendToDesktop,
  });
}

beforeEach(() => {
  silently = true;
  taken = true;
  readText.mockReset().mockResolvedValue(TEXT);
  writeText.mockReset().mockResolvedValue();
  sendToDesktop.mockReset();
});

test("the desktop's text goes to this computer where the browser permits it", async () => {
  const bridge = makeBridge();
  await bridge.received(TEXT);
  expect(writeText).toHaveBeenCalledWith(TEXT);
  expect(bridge.view.value).toEqual({ text: TEXT, copiedHere: true });
});

test("it waits in the panel where the browser forbids it", async () => {
  writeText.mockRejectedValue(new DOMException("not focused", "NotAllowedError"));
  const bridge = makeBridge();
  await bridge.received(TEXT);
  expect(bridge.view.value).toEqual({ text: TEXT, copiedHere: false });
});

test("a page without a clipboard still has the panel", async () => {
  const bridge = makeBridge(null);
  await bridge.received(TEXT);
  expect(bridge.view.value).toEqual({ text: TEXT, copiedHere: false });
  expect(await bridge.takeOver()).toBe(false);
  bridge.send("typed");
  expect(sendToDesktop).toHaveBeenCalledWith("typed");
});

test("coming back to the page takes over what was copied elsewhere, once", async () => {
  const bridge = makeBridge();
  await bridge.takeOverSilently();
  await bridge.takeOverSilently();
  expect(sendToDesktop.mock.calls).toEqual([[TEXT]]);
});

test("the person is not asked by a mere glance at the page", async () => {
  silently = false;
  await makeBridge().takeOverSilently();
  expect(readText).not.toHaveBeenCalled();
});

test("the desktop's own text is not sent back to it", async () => {
  const bridge = makeBridge();
  await bridge.received(TEXT);
  await bridge.takeOverSilently();
  expect(sendToDesktop).not.toHaveBeenCalled();
});

test("a desktop that takes no text is given none, by hand or by itself", async () => {
  taken = false;
  const bridge = makeBridge();
  bridge.send("typed");
  await bridge.takeOverSilently();
  expect(readText).not.toHaveBeenCalled();
  expect(await bridge.takeOver()).toBe(false);
  expect(sendToDesktop).not.toHaveBeenCalled();
  expect(bridge.view.value.text).toBe("");
  await bridge.received(TEXT);
  expect(writeText).toHaveBeenCalledWith(TEXT);
});

test("an empty clipboard does not wipe the desktop's", async () => {
  readText.mockResolvedValue("");
  const bridge = makeBridge();
  expect(await bridge.takeOver()).toBe(true);
  expect(sendToDesktop).not.toHaveBeenCalled();
});

test("a slow write of an older text does not claim to be the newer one", async () => {
  let written = (): void => undefined;
  writeText.mockImplementationOnce(() => new Promise((resolve) => (written = resolve)));
  const bridge = makeBridge();
  const first = bridge.received("old");
  writeText.mockRejectedValueOnce(new DOMException("not focused", "NotAllowedError"));
  await bridge.received("new");
  written();
  await first;
  expect(bridge.view.value).toEqual({ text: "new", copiedHere: false });
});
