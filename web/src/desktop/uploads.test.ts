import { beforeEach, expect, test } from "vitest";
import { ApiProblem } from "../api/problem";
import { foldersOf, pathWithin, type UploadProgress } from "./remoteFiles";
import { Uploads, type NamedBlob, type UploadState } from "./uploads";

interface Call {
  readonly path: string;
  readonly signal: AbortSignal;
  progress: UploadProgress;
  resolve: () => void;
  reject: (cause: unknown) => void;
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

let calls: Call[];
let uploads: Uploads<NamedBlob>;

beforeEach(() => {
  calls = [];
  uploads = new Uploads<NamedBlob>(
    ({ path }, _content, progress, signal) =>
      new Promise((resolve, reject) => {
        calls.push({ path, signal, progress, resolve, reject });
        signal.addEventListener("abort", () => {
          reject(new Error("aborted"));
        });
      }),
  );
  for (const name of ["one", "two", "three"]) {
    uploads.add({ fileSystem: 0, path: `/${name}` }, { name, size: 100 });
  }
});

const states = (): UploadState[] => uploads.view.value.map(({ state }) => state);

test("one goes after the other, with its progress", async () => {
  expect(calls.map(({ path }) => path)).toEqual(["/one"]);
  expect(states()).toEqual(["running", "waiting", "waiting"]);
  calls[0]?.progress(40);
  expect(uploads.view.value[0]).toMatchObject({ name: "one", size: 100, sent: 40 });
  calls[0]?.resolve();
  await settle();
  expect(states()).toEqual(["done", "running", "waiting"]);
  expect(uploads.view.value[0]?.sent).toBe(100);
});

test("one that fails says why and holds up nobody", async () => {
  calls[0]?.reject(new ApiProblem(409, "file-refused", "The disk is full.", null));
  await settle();
  expect(uploads.view.value[0]).toMatchObject({ state: "failed", sentence: "The disk is full." });
  expect(states()).toEqual(["failed", "running", "waiting"]);
});

test("what runs and what waits can be cancelled", async () => {
  uploads.cancel(2);
  uploads.cancel(1);
  await settle();
  expect(calls.map(({ path, signal }) => [path, signal.aborted])).toEqual([
    ["/one", true],
    ["/three", false],
  ]);
  expect(states()).toEqual(["cancelled", "cancelled", "running"]);
  uploads.clear();
  expect(uploads.view.value.map(({ name }) => name)).toEqual(["three"]);
});

test("after the last one it waits for more", async () => {
  for (let at = 0; at < 3; at += 1) {
    calls[at]?.resolve();
    await settle();
  }
  uploads.add({ fileSystem: 0, path: "/four" }, { name: "four", size: 1 });
  expect(calls.at(-1)?.path).toBe("/four");
});

test("paths", () => {
  expect(pathWithin("/", "a b")).toBe("/a b");
  expect(pathWithin("/inner", "a")).toBe("/inner/a");
  expect(foldersOf("/")).toEqual([]);
  expect(foldersOf("/a/b c")).toEqual([
    { name: "a", path: "/a" },
    { name: "b c", path: "/a/b c" },
  ]);
});
