import { beforeEach, expect, test, vi } from "vitest";
import { pictureBy, rememberedWishes, rememberWishes } from "./wishes";

let stored: Map<string, string>;

beforeEach(() => {
  stored = new Map();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
  });
});

test("at first a picture is balanced and there is sound", () => {
  expect(rememberedWishes("i1")).toEqual({ picture: "balanced", sound: true });
});

test("each desktop has its own choices", () => {
  rememberWishes("i1", { picture: "saving", sound: false });
  expect(rememberedWishes("i1")).toEqual({ picture: "saving", sound: false });
  expect(rememberedWishes("i2")).toEqual({ picture: "balanced", sound: true });
});

test("what somebody else wrote into the storage is not taken for a choice", () => {
  stored.set("beamdesk.picture.i1", "holographic");
  expect(rememberedWishes("i1").picture).toBe("balanced");
});

test("a picture that a stream cannot give is a balanced one", () => {
  expect(pictureBy("rfb", "sharp")).toBe("sharp");
  expect(pictureBy("guacamole", "sharp")).toBe("balanced");
  expect(pictureBy("guacamole", "saving")).toBe("saving");
});
