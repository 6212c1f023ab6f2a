import { vi } from "vitest";

type Answer = (body: unknown) => Response | Promise<Response>;

/** What came in: “GET /api/v1/me”, with the body. */
interface Received {
  readonly call: string;
  readonly body: unknown;
}

/** Stands in for the gateway behind `fetch`; a call that the test did not foresee is answered with 404. */
export class FakeGateway {
  readonly received: Received[] = [];
  readonly #answers = new Map<string, Answer>();

  constructor() {
    vi.stubGlobal("fetch", async (request: Request) => {
      const call = `${request.method} ${new URL(request.url).pathname.replace("/api/v1", "")}`;
      const text = await request.text();
      const body: unknown = text === "" ? null : JSON.parse(text);
      this.received.push({ call, body });
      const answer = this.#answers.get(call);
      return answer === undefined ? problem(404, "not-found", `Nobody foresaw ${call}.`) : answer(body);
    });
  }

  /** *call* is a method and a path below /api/v1, as in “GET /me”. */
  on(call: string, answer: unknown): this {
    this.#answers.set(
      call,
      typeof answer === "function" ? (answer as Answer) : () => Response.json(answer, { status: 200 }),
    );
    return this;
  }

  count(call: string): number {
    return this.received.filter((each) => each.call === call).length;
  }
}

export function problem(status: number, code: string, detail: string): Response {
  return Response.json(
    { type: "about:blank", title: code, status, detail, code, request_id: "r-1", errors: [] },
    { status },
  );
}
