/** The query cache: its keys, what fills them, and how events are written to it. */
import { QueryCache, QueryClient, queryOptions } from "@tanstack/react-query";
import {
  getInstance,
  listBrowsers,
  getMe,
  listInstances,
  listKeyboards,
  listPlans,
  listTokens,
  readHistory,
  type Scope,
} from "../api/calls";
import { ApiProblem } from "../api/problem";
import type { Instance } from "../api/types";
import type { InstanceCache, Instances } from "../events/apply";

export const queries = {
  me: queryOptions({ queryKey: ["me"], queryFn: getMe }),
  instances: (scope: Scope) =>
    queryOptions({
      queryKey: ["instances", scope],
      queryFn: () => listInstances(scope) as Promise<Instances>,
    }),
  instance: (id: string) => queryOptions({ queryKey: ["instance", id], queryFn: () => getInstance(id) }),
  /** *version* changes when something is new in it. */
  history: (id: string, version: string) =>
    queryOptions({
      queryKey: ["history", id, version],
      queryFn: () => readHistory(id),
      gcTime: 0,
      staleTime: 0,
    }),
  plans: queryOptions({ queryKey: ["plans"], queryFn: listPlans, staleTime: 0 }),
  keyboards: queryOptions({ queryKey: ["keyboards"], queryFn: listKeyboards }),
  browsers: queryOptions({ queryKey: ["browsers"], queryFn: listBrowsers, staleTime: 0 }),
  tokens: queryOptions({ queryKey: ["tokens"], queryFn: listTokens, staleTime: 0 }),
};

/** A cache that trusts the events: nothing in it grows old by itself, nothing is polled. */
export function makeQueryClient(onSignedOut: () => void): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        if (error instanceof ApiProblem && error.signedOut) onSignedOut();
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: Infinity,
        refetchOnWindowFocus: false,
        retry: (failures, error) => failures < 2 && error instanceof ApiProblem && error.status >= 500,
      },
    },
  });
}

/** The instances in *queryClient*, as the events see them. */
export function instanceCache(queryClient: QueryClient): InstanceCache {
  const own = queries.instances("own").queryKey;
  const all = queries.instances("all").queryKey;
  return {
    updateOwn: (change) => {
      queryClient.setQueryData(own, (list) => list && change(list));
    },
    replaceOwn: (list) => {
      queryClient.setQueryData(own, list);
    },
    updateAll: (change) => {
      queryClient.setQueryData(all, (list) => list && change(list));
    },
    get: (id) => queryClient.getQueryData(queries.instance(id).queryKey),
    put: (instance) => {
      queryClient.setQueryData(queries.instance(instance.id).queryKey, instance);
    },
    markGone: (id) => {
      queryClient.setQueryData(
        queries.instance(id).queryKey,
        (known): Instance | undefined => known && { ...known, state: "DELETED", phase: null },
      );
    },
    refreshOthers: (told) => {
      void queryClient.invalidateQueries({ queryKey: all });
      void queryClient.invalidateQueries({
        predicate: ({ queryKey: [kind, id] }) => kind === "instance" && !told.includes(id as string),
      });
    },
  };
}
