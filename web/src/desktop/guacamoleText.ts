import {
  ArrayBufferReader,
  ArrayBufferWriter,
  type InputStream,
  type OutputStream,
} from "@glokon/guacamole-common-js";

/**
 * Reads *stream* to its end as UTF-8. Guacamole's own StringReader takes each character beyond the basic
 * plane for another one.
 */
export function readText(stream: InputStream, done: (text: string) => void): void {
  const decoder = new TextDecoder();
  let text = "";
  const reader = new ArrayBufferReader(stream);
  reader.ondata = (bytes) => {
    text += decoder.decode(bytes, { stream: true });
  };
  reader.onend = () => {
    done(text + decoder.decode());
  };
}

/** Writes *text* as UTF-8 to *stream* and ends it. */
export function writeText(stream: OutputStream, text: string): void {
  const writer = new ArrayBufferWriter(stream);
  writer.sendData(new TextEncoder().encode(text));
  writer.sendEnd();
}
