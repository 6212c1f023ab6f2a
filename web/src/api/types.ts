/** Names for the parts of the OpenAPI document that the screens speak of. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Action = Schemas["Action"];
export type AccessToken = Schemas["AccessTokenAnswer"];
export type FreshAccessToken = Schemas["NewAccessTokenAnswer"];
export type HistoryItem = Schemas["HistoryItem"];
export type Instance = Schemas["Instance"];
export type InstanceState = Instance["state"];
export type IssuedTicket = Schemas["IssuedTicket"];
export type Keyboard = Schemas["Keyboard"];
export type Me = Schemas["Me"];
export type NewAccessToken = Schemas["NewAccessToken"];
export type NewInstance = Schemas["NewInstance"];
export type Plan = Schemas["Plan"];
export type ProblemDocument = Schemas["ProblemDocument"];
export type Role = Instance["role"];
export type SignedInBrowser = Schemas["SignInAnswer"];
export type Stream = Schemas["Stream"];
export type Viewer = Instance["viewers"][number];

/** Everything that the events socket says. */
export type ServerEvent =
  Schemas["HelloEvent"] | Schemas["InstanceEvent"] | Schemas["InstanceGoneEvent"] | Schemas["NoticeEvent"];
