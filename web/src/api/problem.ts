import type { ProblemDocument } from "./types";

/** Why a call failed, with a sentence for a person (RFC 9457 problem documents). */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";

  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** Stable and for programs. */
  readonly code: string;
  /** What to tell the operators; null when the request never reached them. */
  readonly requestId: string | null;
  /** What is wrong with single fields of the request, one sentence each. */
  readonly faults: readonly string[];

  constructor(
    status: number,
    code: string,
    sentence: string,
    requestId: string | null,
    faults: readonly string[] = [],
  ) {
    super(sentence);
    this.status = status;
    this.code = code;
    this.requestId = requestId;
    this.faults = faults;
  }

  static offline(): ApiProblem {
    return new ApiProblem(0, "offline", "Beamdesk cannot be reached. Is your network up?", null);
  }

  /** From an answer that is not a success; *body* is whatever came with it. */
  static fromAnswer(status: number, body: unknown): ApiProblem {
    if (isProblemDocument(body)) {
      const faults = body.errors.map((each) => each.detail);
      return new ApiProblem(status, body.code, body.detail, body.request_id, faults);
    }
    return new ApiProblem(
      status,
      "unexpected",
      `Beamdesk answered with an unexpected error (${status}).`,
      null,
    );
  }

  /** Any thrown value, as something that can be shown. */
  static from(cause: unknown): ApiProblem {
    if (cause instanceof ApiProblem) return cause;
    return new ApiProblem(0, "unexpected", cause instanceof Error ? cause.message : String(cause), null);
  }

  /** For a person. */
  get sentence(): string {
    return this.message;
  }

  get signedOut(): boolean {
    return this.status === 401;
  }

  /** Whether the same call may succeed later without anybody changing anything. */
  get passing(): boolean {
    return this.status === 0 || this.status === 409 || this.status === 429 || this.status >= 500;
  }
}

function isProblemDocument(body: unknown): body is ProblemDocument {
  if (typeof body !== "object" || body === null) return false;
  const { code, detail, request_id, errors } = body as Record<string, unknown>;
  return [code, detail, request_id].every((each) => typeof each === "string") && Array.isArray(errors);
}
