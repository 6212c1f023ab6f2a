import { beforeEach, expect, test } from "vitest";
import type { Instance } from "../api/types";
import { makeInstance } from "../testing/instances";
import { applyAnswer, applyEvent, type InstanceCache, type Instances } from "./apply";

/** A cache in plain variables. */
class PlainCache implements InstanceCache {
  own: Instances = [];
  all: Instances = [];
  single = new Map<string, Instance>();
  told: readonly string[] = [];

  updateOwn(change: (list: Instances) => Instances): void {
    this.own = change(this.own);
  }
  replaceOwn(list: Instances): void {
    this.own = list;
  }
  updateAll(change: (list: Instances) => Instances): void {
    this.all = change(this.all);
  }
  get(id: string): Instance | undefined {
    return this.single.get(id);
  }
  put(instance: Instance): void {
    this.single.set(instance.id, instance);
  }
  markGone(id: string): void {
    const known = this.single.get(id);
    if (known !== undefined) this.single.set(id, { ...known, state: "DELETED" });
  }
  refreshOthers(told: readonly string[]): void {
    this.told = told;
  }
}

let cache: PlainCache;
const mine = makeInstance();
const foreign = makeInstance({ id: "i2", owner: { id: "u2", name: "Grace" }, role: "admin" });

beforeEach(() => {
  cache = new PlainCache();
});

test("hello replaces what is mine and asks anew for what is not told", () => {
  cache.own = [makeInstance({ id: "forgotten" })];
  applyEvent({ type: "hello", instances: [mine, foreign], server_time: "" }, cache, "u1");
  expect(cache.own).toEqual([mine]);
  expect(cache.get("i2")).toEqual(foreign);
  expect(cache.told).toEqual(["i1", "i2"]);
});

test("a change is put in its place, something new in front", () => {
  cache.own = [makeInstance({ id: "i0" }), mine];
  const stopped = { ...mine, state: "STOPPED" as const };
  applyEvent({ type: "instance", instance: stopped }, cache, "u1");
  expect(cache.own.map(({ id, state }) => [id, state])).toEqual([
    ["i0", "READY"],
    ["i1", "STOPPED"],
  ]);
  applyEvent({ type: "instance", instance: makeInstance({ id: "i9" }) }, cache, "u1");
  expect(cache.own[0]?.id).toBe("i9");
});

test("what others own is not mine", () => {
  applyEvent({ type: "instance", instance: foreign }, cache, "u1");
  expect(cache.own).toEqual([]);
  expect(cache.all).toEqual([foreign]);
});

test("what is gone leaves every list and is known as deleted", () => {
  cache.own = [mine];
  cache.all = [mine, foreign];
  cache.put(mine);
  applyEvent({ type: "instance_gone", id: "i1" }, cache, "u1");
  expect(cache.own).toEqual([]);
  expect(cache.all).toEqual([foreign]);
  expect(cache.get("i1")?.state).toBe("DELETED");
});

test("an answer that comes after the event of the end brings nothing back", () => {
  cache.own = [mine];
  cache.put(mine);
  applyEvent({ type: "instance_gone", id: "i1" }, cache, "u1");
  applyAnswer({ ...mine, state: "DELETING" }, cache, "u1");
  expect(cache.own).toEqual([]);
  expect(cache.get("i1")?.state).toBe("DELETED");
});

test("an answer does not undo a newer event", () => {
  const booting = makeInstance({ state: "BOOTING", state_since: "2026-11-01T10:00:09Z" });
  applyEvent({ type: "instance", instance: booting }, cache, "u1");
  applyAnswer(makeInstance({ state: "REQUESTED", state_since: "2026-11-01T10:00:08Z" }), cache, "u1", true);
  expect(cache.own).toEqual([booting]);
});

test("the answer to a creation may be the first word of it", () => {
  applyAnswer(mine, cache, "u1", true);
  expect(cache.own).toEqual([mine]);
});
