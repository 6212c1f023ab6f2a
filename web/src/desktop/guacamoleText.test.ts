import { InputStream, OutputStream, type Client } from "@glokon/guacamole-common-js";
import { expect, test, vi } from "vitest";
import { readText, writeText } from "./guacamoleText";

/** Characters of an instruction's element that the gateway takes. */
const LONGEST_ELEMENT = 8192;

test.each([
  ["nothing", ""],
  ["one character", "x"],
  ["characters of one to four bytes", "xß本𝄞🧪"],
  ["more than one piece, cut anywhere", "Füße 日本語 𝄞 🧪 ".repeat(1500)],
])("%s goes out in pieces that the gateway takes, and comes back the same", (_name, text) => {
  vi.stubGlobal("window", globalThis);
  const blobs: string[] = [];
  const endStream = vi.fn();
  const client = {
    sendBlob: (_index: number, blob: string) => blobs.push(blob),
    endStream,
  } as unknown as Client;
  writeText(new OutputStream(client, 3), text);
  expect(endStream).toHaveBeenCalledExactlyOnceWith(3);
  for (const blob of blobs) expect(blob.length).toBeLessThan(LONGEST_ELEMENT);

  const stream = new InputStream(client, 4);
  const done = vi.fn();
  readText(stream, done);
  for (const blob of blobs) stream.onblob?.(blob);
  expect(done).not.toHaveBeenCalled();
  stream.onend?.();
  expect(done).toHaveBeenCalledExactlyOnceWith(text);
});
