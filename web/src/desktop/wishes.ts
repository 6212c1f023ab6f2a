import type { Stream } from "../api/types";
import { remember, remembered } from "../base/memory";

/** What a picture is to be rather: sharp, small, or something of both. */
export type Picture = "sharp" | "balanced" | "saving";

/** What a person chooses of a desktop's stream. */
export interface Wishes {
  readonly picture: Picture;
  readonly sound: boolean;
}

/** The pictures that each stream can give, the sharpest first. guacd decides by itself where it draws without loss. */
export const PICTURES: Readonly<Record<Stream, readonly Picture[]>> = {
  rfb: ["sharp", "balanced", "saving"],
  guacamole: ["balanced", "saving"],
};

/** The streams that carry sound. */
export const SOUNDING: readonly Stream[] = ["guacamole"];

/** What is shown of *picture* by a stream that may not know it. */
export function pictureBy(stream: Stream, picture: Picture): Picture {
  return PICTURES[stream].includes(picture) ? picture : "balanced";
}

/** What was chosen for the desktop *instanceId* in this browser. */
export function rememberedWishes(instanceId: string): Wishes {
  const last = remembered(`picture.${instanceId}`);
  return {
    picture: PICTURES.rfb.find((picture) => picture === last) ?? "balanced",
    sound: remembered(`sound.${instanceId}`) !== "off",
  };
}

export function rememberWishes(instanceId: string, { picture, sound }: Wishes): void {
  remember(`picture.${instanceId}`, picture);
  remember(`sound.${instanceId}`, sound ? "on" : "off");
}
