import type { Instance, ServerEvent } from "../api/types";

/** Lists of instances, newest first. */
export type Instances = readonly Instance[];

/** The list after *changed* was heard of: put in place, or in front if it is new and *belongs*. */
export function withInstance(list: Instances, changed: Instance, belongs: boolean): Instances {
  if (list.some((each) => each.id === changed.id)) {
    return list.map((each) => (each.id === changed.id ? changed : each));
  }
  return belongs ? [changed, ...list] : list;
}

export function withoutInstance(list: Instances, id: string): Instances {
  return list.filter((each) => each.id !== id);
}

/** What the events are written to: the query cache, seen without its library. */
export interface InstanceCache {
  updateOwn(change: (list: Instances) => Instances): void;
  replaceOwn(list: Instances): void;
  updateAll(change: (list: Instances) => Instances): void;
  get(id: string): Instance | undefined;
  put(instance: Instance): void;
  markGone(id: string): void;
  /** What may have changed unheard, all but *told*, must be asked for again. */
  refreshOthers(told: readonly string[]): void;
}

export type Notice = Extract<ServerEvent, { type: "notice" }>;

/** Brings the cache up to date with *event*; *personId* tells whose page this is. */
export function applyEvent(
  event: Exclude<ServerEvent, Notice>,
  cache: InstanceCache,
  personId: string,
): void {
  switch (event.type) {
    case "hello":
      cache.replaceOwn(event.instances.filter((each) => each.owner.id === personId));
      event.instances.forEach((each) => {
        cache.put(each);
      });
      cache.refreshOthers(event.instances.map((each) => each.id));
      return;
    case "instance": {
      const { instance } = event;
      cache.put(instance);
      cache.updateOwn((list) => withInstance(list, instance, instance.owner.id === personId));
      cache.updateAll((list) => withInstance(list, instance, true));
      return;
    }
    case "instance_gone":
      cache.markGone(event.id);
      cache.updateOwn((list) => withoutInstance(list, event.id));
      cache.updateAll((list) => withoutInstance(list, event.id));
  }
}

/**
 * Writes the answer to a call to the cache. Events overtake answers: what the cache knows to be
 * newer, or gone, stays as it is. *created* tells that the answer may be the first word of it.
 */
export function applyAnswer(answer: Instance, cache: InstanceCache, personId: string, created = false): void {
  const known = cache.get(answer.id);
  if (known !== undefined && Date.parse(known.state_since) > Date.parse(answer.state_since)) return;
  if (known?.state === "DELETED") return;
  cache.put(answer);
  cache.updateOwn((list) => withInstance(list, answer, created && answer.owner.id === personId));
  cache.updateAll((list) => withInstance(list, answer, created));
}
