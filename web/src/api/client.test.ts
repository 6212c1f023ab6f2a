// @vitest-environment jsdom
import { beforeEach, expect, test, vi } from "vitest";
import { actOnInstance, getMe } from "./calls";
import { sendCsrfToken } from "./client";
import { ApiProblem } from "./problem";

const fetched = vi.fn<(request: Request) => Promise<Response>>();

beforeEach(() => {
  fetched.mockReset();
  vi.stubGlobal("fetch", fetched);
  sendCsrfToken(null);
});

test("writes carry the CSRF token, reads do not", async () => {
  fetched.mockImplementation(() => Promise.resolve(Response.json({})));
  sendCsrfToken("secret");
  await getMe();
  await actOnInstance("i1", "stop");
  const [read, write] = fetched.mock.calls.map(([request]) => request);
  expect(read?.headers.get("X-CSRF-Token")).toBeNull();
  expect(write?.headers.get("X-CSRF-Token")).toBe("secret");
  expect(write?.url).toMatch(/\/api\/v1\/instances\/i1\/actions\/stop$/);
});

test("a refusal is thrown with the gateway's own sentence", async () => {
  const body = { code: "signed-out", detail: "Sign in first.", request_id: "r1", errors: [] };
  fetched.mockResolvedValue(
    Response.json(body, { status: 401, headers: { "Content-Type": "application/problem+json" } }),
  );
  await expect(getMe()).rejects.toMatchObject({ sentence: "Sign in first.", signedOut: true });
});

test("a network failure is thrown as a problem too", async () => {
  fetched.mockRejectedValue(new TypeError("Failed to fetch"));
  await expect(getMe()).rejects.toMatchObject({ status: 0, code: "offline" });
  await expect(getMe()).rejects.toBeInstanceOf(ApiProblem);
});
