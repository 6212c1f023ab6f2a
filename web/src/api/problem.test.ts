import { describe, expect, test } from "vitest";
import { ApiProblem } from "./problem";

test("a problem document gives its sentence, code and request id", () => {
  const problem = ApiProblem.fromAnswer(403, {
    code: "no",
    detail: "You may not.",
    request_id: "r1",
    errors: [{ pointer: "/name", detail: "Too long." }],
  });
  expect(problem).toMatchObject({
    status: 403,
    code: "no",
    sentence: "You may not.",
    requestId: "r1",
    faults: ["Too long."],
  });
});

test.each([null, "<html>", 7, {}, { code: 1, detail: "x", request_id: "r" }])(
  "%j is no problem document",
  (body) => {
    const problem = ApiProblem.fromAnswer(502, body);
    expect(problem.code).toBe("unexpected");
    expect(problem.sentence).toContain("502");
  },
);

test("other errors are shown as they are, a problem stays itself", () => {
  expect(ApiProblem.from(new RangeError("too long")).sentence).toBe("too long");
  const offline = ApiProblem.offline();
  expect(ApiProblem.from(offline)).toBe(offline);
});

describe("passing problems are tried again", () => {
  test.each([0, 409, 429, 500, 503])("%i", (status) => {
    expect(new ApiProblem(status, "x", "x", null).passing).toBe(true);
  });
  test.each([400, 401, 403, 404, 422])("not %i", (status) => {
    expect(new ApiProblem(status, "x", "x", null).passing).toBe(false);
  });
});
