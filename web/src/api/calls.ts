/** One function per call that the screens make; all throw `ApiProblem`. */
import { answerOf, api } from "./client";
import type {
  AccessToken,
  FreshAccessToken,
  HistoryItem,
  Instance,
  IssuedTicket,
  Keyboard,
  Me,
  NewAccessToken,
  NewInstance,
  Plan,
  Role,
  SignedInBrowser,
  Stream,
} from "./types";

export type Scope = "own" | "all";
/** What can be asked of a machine that is there. */
export type Command = "start" | "stop" | "reboot";

export const getMe = (): Promise<Me> => answerOf(api.GET("/me"));

export const signIn = (token: string): Promise<Me> => answerOf(api.POST("/sign-in", { body: { token } }));

export const signOut = (): Promise<unknown> => answerOf(api.POST("/sign-out"));

export const listPlans = async (): Promise<Plan[]> => (await answerOf(api.GET("/plans"))).items;

export const listKeyboards = async (): Promise<Keyboard[]> => (await answerOf(api.GET("/keyboards"))).items;

export const listInstances = async (scope: Scope): Promise<Instance[]> =>
  (await answerOf(api.GET("/instances", { params: { query: scope === "all" ? { scope } : {} } }))).items;

export const getInstance = (id: string): Promise<Instance> =>
  answerOf(api.GET("/instances/{id}", { params: { path: { id } } }));

/** Sending the same *idempotencyKey* twice makes one instance. */
export const createInstance = (body: NewInstance, idempotencyKey: string): Promise<Instance> =>
  answerOf(api.POST("/instances", { body, params: { header: { "Idempotency-Key": idempotencyKey } } }));

export const renameInstance = (id: string, name: string): Promise<Instance> =>
  answerOf(api.PATCH("/instances/{id}", { params: { path: { id } }, body: { name } }));

export const deleteInstance = (id: string): Promise<Instance> =>
  answerOf(api.DELETE("/instances/{id}", { params: { path: { id } } }));

export function actOnInstance(id: string, command: Command): Promise<Instance> {
  const init = { params: { path: { id } } };
  switch (command) {
    case "start":
      return answerOf(api.POST("/instances/{id}/actions/start", init));
    case "stop":
      return answerOf(api.POST("/instances/{id}/actions/stop", init));
    case "reboot":
      return answerOf(api.POST("/instances/{id}/actions/reboot", init));
  }
}

/** The newest first, and no more than the gateway tells of. */
export const readHistory = async (id: string): Promise<HistoryItem[]> =>
  (await answerOf(api.GET("/instances/{id}/history", { params: { path: { id } } }))).items;

export interface LogPart {
  readonly lines: readonly string[];
  /** Continues where this part ends. */
  readonly cursor: string;
  readonly more: boolean;
}

export const readLog = (id: string, cursor: string | null): Promise<LogPart> =>
  answerOf(
    api.GET("/instances/{id}/log", {
      params: { path: { id }, query: cursor === null ? {} : { cursor } },
    }),
  );

/** Without *role* the ticket carries the highest role that the person has. */
export const askTicket = (
  id: string,
  stream: Stream,
  role: Role | null,
  signal: AbortSignal,
): Promise<IssuedTicket> =>
  answerOf(
    api.POST("/instances/{id}/tickets", {
      params: { path: { id } },
      body: role === null ? { stream } : { stream, role },
      signal,
    }),
  );

export const listTokens = async (): Promise<AccessToken[]> => (await answerOf(api.GET("/tokens"))).items;

/** The answer is the only time that the token itself is told. */
export const createToken = (wanted: NewAccessToken): Promise<FreshAccessToken> =>
  answerOf(api.POST("/tokens", { body: wanted }));

export const revokeToken = (id: string): Promise<unknown> =>
  answerOf(api.DELETE("/tokens/{id}", { params: { path: { id } } }));

export const listBrowsers = async (): Promise<SignedInBrowser[]> =>
  (await answerOf(api.GET("/sign-ins"))).items;

/** Signs this person out of one browser. */
export const signOutOf = (id: string): Promise<unknown> =>
  answerOf(api.DELETE("/sign-ins/{id}", { params: { path: { id } } }));
