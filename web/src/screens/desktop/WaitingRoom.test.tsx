import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { InstanceState } from "../../api/types";
import { FakeGateway } from "../../testing/fakeGateway";
import { makeInstance } from "../../testing/instances";
import { show } from "../../testing/render";
import { WaitingRoom } from "./WaitingRoom";

test.each<[InstanceState, string]>([
  ["REQUESTED", "Requested"],
  ["PROVISIONING", "Provisioning"],
  ["BOOTING", "Booting"],
])("while %s the step and what happens now are told", (state, title) => {
  new FakeGateway();
  const { container } = show(
    <WaitingRoom instance={makeInstance({ state, phase: "Doing this and that." })} />,
  );
  const step = container.querySelector<HTMLElement>("[aria-current=step]");
  if (step === null) throw new Error("no current step");
  expect(within(step).getByText(title)).toBeDefined();
  expect(within(step).getByRole("status").textContent).toBe("Doing this and that.");
});

test("an error shows its sentence and the log", async () => {
  const pages = [
    { lines: ["one", "two"], cursor: "2", more: true },
    { lines: ["three"], cursor: "3", more: false },
  ];
  new FakeGateway()
    .on("GET /instances/i1/log", () => Response.json(pages.shift()))
    .on("POST /instances/i1/actions/start", makeInstance({ state: "PROVISIONING" }));
  const failed = makeInstance({
    state: "ERROR",
    error: { code: "died", sentence: "The machine ended by itself." },
  });
  show(<WaitingRoom instance={failed} />);
  expect(screen.getByText("The machine ended by itself.")).toBeDefined();
  const log = await screen.findByRole("region", { name: "Log" });
  await waitFor(() => {
    expect(log.textContent).toBe("one\ntwo\nthree");
  });
  expect(screen.queryByRole("button", { name: "More lines" })).toBeNull();
});

test("a stopped desktop can be started", async () => {
  const gateway = new FakeGateway().on(
    "POST /instances/i1/actions/start",
    makeInstance({ state: "REQUESTED" }),
  );
  show(<WaitingRoom instance={makeInstance({ state: "STOPPED" })} />);
  expect(screen.getByText(/The desktop is stopped/)).toBeDefined();
  await userEvent.click(screen.getByRole("button", { name: "Start" }));
  expect(gateway.count("POST /instances/i1/actions/start")).toBe(1);
});

test("nothing can be done to a deleted desktop", () => {
  show(<WaitingRoom instance={makeInstance({ state: "DELETED" })} />);
  expect(screen.getByText("This desktop was deleted.")).toBeDefined();
  expect(screen.queryByRole("button", { name: "Start" })).toBeNull();
  expect(screen.queryByRole("button", { name: "Delete" })).toBeNull();
});

test("who only looks on cannot start or delete", () => {
  show(<WaitingRoom instance={makeInstance({ state: "STOPPED", role: "guest" })} />);
  expect(screen.queryByRole("button", { name: "Start" })).toBeNull();
  expect(screen.queryByRole("button", { name: "Delete" })).toBeNull();
});
