import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import type { Plan } from "../../api/types";
import { FakeGateway, problem } from "../../testing/fakeGateway";
import { makeInstance } from "../../testing/instances";
import { show } from "../../testing/render";
import NewDesktopScreen from "./NewDesktopScreen";

function makePlan(change: Partial<Plan>): Plan {
  return {
    id: "linux",
    name: "Linux desktop",
    description: "A light desktop.",
    icon: "desktop",
    image: "linux",
    flavour: "small",
    cpus: 2,
    memory_mib: 4096,
    broker: "local",
    streams: ["rfb"],
    withheld: [],
    preset: false,
    available: true,
    unavailable_reason: null,
    free: null,
    total: null,
    as_of: null,
    ...change,
  };
}

let gateway: FakeGateway;

beforeEach(() => {
  gateway = new FakeGateway();
  gateway.on("GET /plans", {
    items: [
      makePlan({ id: "gpu", name: "GPU", available: false, unavailable_reason: "All machines are in use." }),
      makePlan({}),
      makePlan({ id: "python", name: "Python", preset: true }),
    ],
  });
  gateway.on("GET /keyboards", {
    items: [
      { id: "us", name: "English (US)" },
      { id: "de", name: "German" },
    ],
  });
  window.history.replaceState(null, "", "/new");
});

const create = (): Promise<void> => userEvent.click(screen.getByRole("button", { name: "Create desktop" }));

test("the wishes are sent, the choices remembered, and the desktop is gone to at once", async () => {
  gateway.on("POST /instances", makeInstance({ state: "REQUESTED" }));
  show(<NewDesktopScreen />);
  await userEvent.click(await screen.findByRole("radio", { name: "Linux desktop" }));
  await userEvent.type(screen.getByLabelText("Name"), "  Füße  ");
  await create();
  await waitFor(() => {
    expect(window.location.pathname).toBe("/desktops/i1");
  });
  expect(gateway.received.at(-1)?.body).toEqual({
    plan: "linux",
    name: "Füße",
    keyboard: "us",
    screen: { mode: "fit", width: window.innerWidth, height: window.innerHeight },
  });
  expect(localStorage.getItem("beamdesk.plan")).toBe("linux");
});

test("the preset plan is chosen at first, one that is not available cannot be", async () => {
  show(<NewDesktopScreen />);
  const preset = await screen.findByRole("radio", { name: "Python" });
  expect(preset.getAttribute("aria-checked")).toBe("true");
  expect(screen.getByRole<HTMLButtonElement>("radio", { name: "GPU" }).disabled).toBe(true);
  expect(screen.getByText("All machines are in use.")).toBeDefined();
});

test("a plan says what it withholds", async () => {
  gateway.on("GET /plans", { items: [makePlan({ withheld: ["clipboard-from-desktop"] })] });
  show(<NewDesktopScreen />);
  const card = await screen.findByRole("radio", { name: "Linux desktop" });
  const description = document.getElementById(card.getAttribute("aria-describedby") ?? "");
  expect(description?.textContent).toContain("Nothing can be copied out of it.");
});

test("the last choice comes back", async () => {
  localStorage.setItem("beamdesk.plan", "linux");
  localStorage.setItem("beamdesk.keyboard", "de");
  show(<NewDesktopScreen />);
  const last = await screen.findByRole("radio", { name: "Linux desktop" });
  expect(last.getAttribute("aria-checked")).toBe("true");
  expect(await screen.findByDisplayValue("German")).toBeDefined();
});

test("a refusal is a sentence; pressing again asks for the same desktop, other wishes for another", async () => {
  const keys: (string | null)[] = [];
  const original = globalThis.fetch;
  globalThis.fetch = (input, init) => {
    if (input instanceof Request && input.method === "POST") keys.push(input.headers.get("Idempotency-Key"));
    return original(input, init);
  };
  gateway.on("POST /instances", () => problem(503, "busy", "Nothing can be started now."));
  show(<NewDesktopScreen />);
  await screen.findByRole("radio", { name: "Python" });
  await create();
  expect(await screen.findByText("Nothing can be started now.")).toBeDefined();
  await create();
  await userEvent.type(screen.getByLabelText("Name"), "Another");
  await create();
  await waitFor(() => {
    expect(keys).toHaveLength(3);
  });
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(keys[1]).toBe(keys[0]);
  expect(keys[2]).not.toBe(keys[0]);
});

test("who has as many desktops as allowed is told so before trying", async () => {
  gateway.on("GET /instances", { items: ["a", "b", "c", "d", "e"].map((id) => makeInstance({ id })) });
  show(<NewDesktopScreen />);
  expect(await screen.findByText(/You have 5 of the 5 desktops/)).toBeDefined();
});
