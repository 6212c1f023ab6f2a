import { pictureBy, type Wishes } from "./wishes";

/** What this browser can do and where it is. */
export interface Surroundings {
  /** MIME types that it can play. */
  readonly audio: readonly string[];
  readonly timezone: string;
}

const LOSSY_OR_NOT: readonly string[] = ["image/png", "image/jpeg"];

/** Smaller, at more work for guacd, which uses it only while all who look at the desktop know it. */
const SMALLEST = "image/webp";

/** All that a browser may choose of a Guacamole stream; the machine's parameters are the gateway's business. */
export function guacamoleQuery(
  { picture, sound }: Wishes,
  { audio, timezone }: Surroundings,
): URLSearchParams {
  const images = pictureBy("guacamole", picture) === "saving" ? [...LOSSY_OR_NOT, SMALLEST] : LOSSY_OR_NOT;
  return new URLSearchParams([
    ...images.map((type) => ["image", type]),
    ...(sound ? audio : []).map((type) => ["audio", type]),
    ["timezone", timezone],
  ]);
}
