import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import type { HistoryItem } from "../api/types";
import { FakeGateway, problem } from "../testing/fakeGateway";
import { makeInstance } from "../testing/instances";
import { show } from "../testing/render";
import { HistoryModal } from "./HistoryModal";

let gateway: FakeGateway;

beforeEach(() => {
  gateway = new FakeGateway();
});

function entry(change: Partial<HistoryItem>): HistoryItem {
  return { at: "2026-11-01T10:00:00Z", who: "Ada", what: "stop", result: "done", sentence: "", ...change };
}

function open(items: HistoryItem[]): void {
  gateway.on("GET /instances/i1/history", { items });
  show(<HistoryModal opened instance={makeInstance()} onClose={() => undefined} />);
}

const rows = (): (string | null)[] => screen.getAllByRole("listitem").map((row) => row.textContent);

test("who did what, and what became of it, the newest first", async () => {
  open([
    entry({ who: null, what: "failed", sentence: "The machine ended by itself." }),
    entry({ what: "start", result: "failed", sentence: "No room." }),
    entry({ what: "create" }),
  ]);
  await screen.findByRole("list", { name: "History, the newest first" });
  expect(rows()).toEqual([
    expect.stringMatching(/The machine ended by itself\.$/),
    expect.stringMatching(/Ada started it\.It failed: No room\.$/),
    expect.stringMatching(/Ada created this desktop\.Done\.$/),
  ]);
});

test("a long history is shown bit by bit", async () => {
  open(Array.from({ length: 45 }, () => entry({})));
  const more = await screen.findByRole("button", { name: "Show older ones" });
  expect(rows()).toHaveLength(20);
  expect(screen.getByText("20 of 45")).toBeDefined();
  await userEvent.click(more);
  await userEvent.click(more);
  expect(rows()).toHaveLength(45);
  expect(screen.queryByRole("button", { name: "Show older ones" })).toBeNull();
});

test("a history that cannot be read says so", async () => {
  gateway.on("GET /instances/i1/history", () => problem(404, "not-found", "There is no such instance."));
  show(<HistoryModal opened instance={makeInstance()} onClose={() => undefined} />);
  expect(await screen.findByText("There is no such instance.")).toBeDefined();
});
