import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import { instanceCache } from "../../app/queries";
import { applyEvent } from "../../events/apply";
import { FakeGateway, problem } from "../../testing/fakeGateway";
import { makeInstance } from "../../testing/instances";
import { ADA, show } from "../../testing/render";
import { HomeScreen } from "./HomeScreen";

let gateway: FakeGateway;

beforeEach(() => {
  gateway = new FakeGateway();
});

test("a newcomer is told what this is and what to press", async () => {
  gateway.on("GET /instances", { items: [] });
  show(<HomeScreen />);
  expect(await screen.findByRole("heading", { name: "You have no desktop yet" })).toBeDefined();
  expect(screen.getByRole("link", { name: "New desktop" }).getAttribute("href")).toBe("/new");
});

test("a card says what the desktop is and what is happening to it", async () => {
  const booting = makeInstance({ state: "BOOTING", phase: "Starting the X server." });
  gateway.on("GET /instances", { items: [booting] });
  show(<HomeScreen />);
  const card = within(await screen.findByRole("listitem", { name: "Diffraction run 12" }));
  expect(card.getByText("Booting")).toBeDefined();
  expect(card.getByText("Starting the X server.")).toBeDefined();
  expect(card.getByText(/Linux desktop/)).toBeDefined();
  expect(card.queryByRole("link", { name: /^Open/ })).toBeNull();
});

test("what the events say is shown without asking again", async () => {
  const booting = makeInstance({ state: "BOOTING" });
  gateway.on("GET /instances", { items: [booting] });
  const { queryClient } = show(<HomeScreen />);
  await screen.findByText("Booting");
  applyEvent(
    { type: "instance", instance: { ...booting, state: "READY" } },
    instanceCache(queryClient),
    ADA.id,
  );
  expect(await screen.findByRole("link", { name: "Open Diffraction run 12" })).toBeDefined();
  expect(gateway.count("GET /instances")).toBe(1);
});

test("an error shows its sentence, and the machine can be started again", async () => {
  const failed = makeInstance({
    state: "ERROR",
    error: { code: "died", sentence: "The machine ended by itself." },
  });
  gateway.on("GET /instances", { items: [failed] });
  gateway.on("POST /instances/i1/actions/start", { ...failed, state: "PROVISIONING", error: null });
  show(<HomeScreen />);
  expect(await screen.findByText("The machine ended by itself.")).toBeDefined();
  await userEvent.click(screen.getByRole("button", { name: "Start Diffraction run 12" }));
  expect(await screen.findByText("Provisioning")).toBeDefined();
});

test("deleting asks first and names what is lost", async () => {
  gateway.on("GET /instances", { items: [makeInstance()] });
  gateway.on("DELETE /instances/i1", makeInstance({ state: "DELETING" }));
  show(<HomeScreen />);
  await userEvent.click(await screen.findByRole("button", { name: "More for Diffraction run 12" }));
  await userEvent.click(await screen.findByRole("menuitem", { name: "Delete" }));
  const question = within(await screen.findByRole("dialog", { name: /Delete “Diffraction run 12”/ }));
  expect(question.getByText(/home folder and every file/)).toBeDefined();
  expect(gateway.count("DELETE /instances/i1")).toBe(0);
  await userEvent.click(question.getByRole("button", { name: "Delete desktop" }));
  expect(await screen.findByText("Deleting")).toBeDefined();
});

test("a refused action is told and changes nothing", async () => {
  gateway.on("GET /instances", { items: [makeInstance({ state: "STOPPED" })] });
  gateway.on("POST /instances/i1/actions/start", () => problem(409, "limit", "You run 5 desktops already."));
  show(<HomeScreen />);
  await userEvent.click(await screen.findByRole("button", { name: "Start Diffraction run 12" }));
  expect(await screen.findByText("You run 5 desktops already.")).toBeDefined();
  expect(screen.getByText("Stopped")).toBeDefined();
});

test("a list that cannot be had is a sentence with a way to try again", async () => {
  gateway.on("GET /instances", () => problem(403, "no", "You may not see this."));
  show(<HomeScreen />);
  expect(within(await screen.findByRole("alert")).getByText("Request r-1")).toBeDefined();
  gateway.on("GET /instances", { items: [makeInstance()] });
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("listitem", { name: "Diffraction run 12" })).toBeDefined();
});

test("only administrators can look at all desktops, as whose they are", async () => {
  const foreign = makeInstance({
    id: "i2",
    name: "Other",
    owner: { id: "u2", name: "Grace" },
    role: "guest",
  });
  gateway.on("GET /instances", { items: [foreign] });
  const { unmount } = show(<HomeScreen />);
  await screen.findByRole("listitem", { name: "Other" });
  expect(screen.queryByRole("switch")).toBeNull();
  expect(screen.queryByRole("button", { name: /Stop/ })).toBeNull();
  unmount();
  show(<HomeScreen />, { ...ADA, is_admin: true });
  await userEvent.click(screen.getByRole("switch", { name: "All desktops" }));
  await waitFor(() => {
    expect(screen.getByText(/Grace/)).toBeDefined();
  });
});

test("renaming begins with the old name, and the focus comes back to where it was", async () => {
  gateway.on("GET /instances", { items: [makeInstance()] });
  gateway.on("PATCH /instances/i1", makeInstance({ name: "Füße" }));
  show(<HomeScreen />);
  const more = await screen.findByRole("button", { name: "More for Diffraction run 12" });
  await userEvent.click(more);
  await userEvent.click(await screen.findByRole("menuitem", { name: "Rename" }));
  const field = await screen.findByRole<HTMLInputElement>("textbox", { name: "Name" });
  expect(field.value).toBe("Diffraction run 12");
  await userEvent.clear(field);
  await userEvent.type(field, " Füße {Enter}");
  expect(await screen.findByRole("listitem", { name: "Füße" })).toBeDefined();
  expect(gateway.received.at(-1)?.body).toEqual({ name: "Füße" });
  await waitFor(() => {
    expect(document.activeElement).toBe(more);
  });
});
