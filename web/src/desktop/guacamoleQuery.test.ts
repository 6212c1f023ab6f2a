import { expect, test } from "vitest";
import { guacamoleQuery } from "./guacamoleQuery";

const HERE = { audio: ["audio/L16", "audio/L8"], timezone: "Europe/Paris" };

test("a balanced picture with sound", () => {
  const query = guacamoleQuery({ picture: "balanced", sound: true }, HERE);
  expect(query.getAll("image")).toEqual(["image/png", "image/jpeg"]);
  expect(query.getAll("audio")).toEqual(["audio/L16", "audio/L8"]);
  expect(query.get("timezone")).toBe("Europe/Paris");
});

test("who saves bandwidth takes WebP as well", () => {
  const query = guacamoleQuery({ picture: "saving", sound: true }, HERE);
  expect(query.getAll("image")).toEqual(["image/png", "image/jpeg", "image/webp"]);
});

test("who wants no sound asks for none", () => {
  expect(guacamoleQuery({ picture: "sharp", sound: false }, HERE).has("audio")).toBe(false);
});
