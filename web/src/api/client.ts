import createClient, { type Middleware } from "openapi-fetch";
import { ApiProblem } from "./problem";
import type { paths } from "./schema";

/** Writes by cookie carry the token that `Me` brought (a foreign page cannot read it). */
let csrfToken: string | null = null;

export function sendCsrfToken(token: string | null): void {
  csrfToken = token;
}

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

const addCsrfToken: Middleware = {
  onRequest({ request }) {
    if (csrfToken !== null && !SAFE_METHODS.has(request.method)) {
      request.headers.set("X-CSRF-Token", csrfToken);
    }
    return request;
  },
};

export const api = createClient<paths>({
  baseUrl: `${globalThis.location.origin}/api/v1`,
  credentials: "same-origin",
  fetch: (request) => globalThis.fetch(request),
});
api.use(addCsrfToken);

interface Exchange<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of a successful answer; anything else is thrown as an `ApiProblem`. */
export async function answerOf<T>(exchange: Promise<Exchange<T>>): Promise<T> {
  let done: Exchange<T>;
  try {
    done = await exchange;
  } catch (cause) {
    // So `fetch` tells that no answer came; everything else is not about the network.
    throw cause instanceof TypeError ? ApiProblem.offline() : cause;
  }
  if (!done.response.ok) throw ApiProblem.fromAnswer(done.response.status, done.error);
  return done.data as T;
}
