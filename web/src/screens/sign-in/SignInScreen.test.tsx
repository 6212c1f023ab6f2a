import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import { goToSignIn } from "../../app/returnTo";
import { FakeGateway, problem } from "../../testing/fakeGateway";
import { ADA, show } from "../../testing/render";
import { SignInScreen } from "./SignInScreen";

let gateway: FakeGateway;

beforeEach(() => {
  gateway = new FakeGateway();
});

function open(address: string): void {
  window.history.replaceState(null, "", address);
}

test("the link's token is sent once, leaves the address, and leads home", async () => {
  gateway.on("POST /sign-in", ADA);
  open("/sign-in#token=first");
  show(<SignInScreen />);
  expect(window.location.hash).toBe("");
  await waitFor(() => {
    expect(window.location.pathname).toBe("/");
  });
  expect(gateway.received).toEqual([{ call: "POST /sign-in", body: { token: "first" } }]);
});

test("after signing in one is where one wanted to go", async () => {
  gateway.on("POST /sign-in", ADA);
  open("/desktops/i1");
  goToSignIn();
  expect(window.location.pathname).toBe("/sign-in");
  open("/sign-in#token=second");
  show(<SignInScreen />);
  await waitFor(() => {
    expect(window.location.pathname).toBe("/desktops/i1");
  });
});

test("a used link says how to get another one", async () => {
  gateway.on("POST /sign-in", () => problem(403, "link-used", "This link was used already."));
  open("/sign-in#token=third");
  show(<SignInScreen />);
  expect(await screen.findByRole("heading", { name: "This link no longer works" })).toBeDefined();
  expect(screen.getByText("This link was used already.")).toBeDefined();
  expect(screen.getByText("beamdesk user link NAME")).toBeDefined();
});

test("a gateway that does not answer is tried again with the same token", async () => {
  let down = true;
  gateway.on("POST /sign-in", () =>
    down ? problem(503, "starting", "Beamdesk is starting.") : Response.json(ADA),
  );
  open("/sign-in#token=fourth");
  show(<SignInScreen />);
  const retry = await screen.findByRole("button", { name: "Try again" });
  down = false;
  await userEvent.click(retry);
  await waitFor(() => {
    expect(window.location.pathname).toBe("/");
  });
});

test("without a token the page says how to get a link, and asks the gateway nothing", () => {
  open("/sign-in");
  show(<SignInScreen />);
  expect(screen.getByRole("heading", { name: "Sign in with a link" })).toBeDefined();
  expect(gateway.received).toEqual([]);
});
