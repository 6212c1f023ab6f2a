/** One function per call that the screens make; all throw `ApiProblem`. */
import { answerOf, api } from "./client";
import type { AccessToken, Instance, IssuedTicket, Keyboard, Me, NewInstance, Plan, Role } from "./types";

export type Scope = "own" | "all";
export type Action = "start" | "stop" | "reboot";

export const getMe = (): Promise<Me> => answerOf(api.GET("/api/v1/me"));

export const signIn = (token: string): Promise<Me> =>
  answerOf(api.POST("/api/v1/sign-in", { body: { token } }));

export const signOut = (): Promise<unknown> => answerOf(api.POST("/api/v1/sign-out"));

export const listPlans = async (): Promise<Plan[]> => (await answerOf(api.GET("/api/v1/plans"))).items;

export const listKeyboards = async (): Promise<Keyboard[]> =>
  (await answerOf(api.GET("/api/v1/keyboards"))).items;

export const listInstances = async (scope: Scope): Promise<Instance[]> =>
  (await answerOf(api.GET("/api/v1/instances", { params: { query: scope === "all" ? { scope } : {} } })))
    .items;

export const getInstance = (id: string): Promise<Instance> =>
  answerOf(api.GET("/api/v1/instances/{id}", { params: { path: { id } } }));

/** Sending the same *idempotencyKey* twice makes one instance. */
export const createInstance = (body: NewInstance, idempotencyKey: string): Promise<Instance> =>
  answerOf(
    api.POST("/api/v1/instances", { body, params: { header: { "Idempotency-Key": idempotencyKey } } }),
  );

export const renameInstance = (id: string, name: string): Promise<Instance> =>
  answerOf(api.PATCH("/api/v1/instances/{id}", { params: { path: { id } }, body: { name } }));

export const deleteInstance = (id: string): Promise<Instance> =>
  answerOf(api.DELETE("/api/v1/instances/{id}", { params: { path: { id } } }));

export const actOnInstance = (id: string, action: Action): Promise<Instance> =>
  answerOf(api.POST("/api/v1/instances/{id}/actions/{action}", { params: { path: { id, action } } }));

export interface LogPart {
  readonly lines: readonly string[];
  readonly cursor: string | null;
  readonly more: boolean;
}

export const readLog = (id: string, cursor: string | null): Promise<LogPart> =>
  answerOf(
    api.GET("/api/v1/instances/{id}/log", {
      params: { path: { id }, query: cursor === null ? {} : { cursor } },
    }),
  );

/** Without *role* the ticket carries the highest role that the person has. */
export const askTicket = (id: string, role: Role | null, signal: AbortSignal): Promise<IssuedTicket> =>
  answerOf(
    api.POST("/api/v1/instances/{id}/tickets", {
      params: { path: { id } },
      body: role === null ? { stream: "rfb" } : { stream: "rfb", role },
      signal,
    }),
  );

export const listTokens = async (): Promise<AccessToken[]> =>
  (await answerOf(api.GET("/api/v1/tokens"))).items;

/** The answer is the only time that the token itself is told. */
export const createToken = (name: string): Promise<AccessToken & { token: string }> =>
  answerOf(api.POST("/api/v1/tokens", { body: { name } }));

export const revokeToken = (id: string): Promise<unknown> =>
  answerOf(api.DELETE("/api/v1/tokens/{id}", { params: { path: { id } } }));
