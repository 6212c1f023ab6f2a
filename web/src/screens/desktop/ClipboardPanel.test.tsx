import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import type { Action } from "../../api/types";
import { ClipboardBridge } from "../../desktop/clipboard";
import type { Rights } from "../../desktop/rights";
import { show } from "../../testing/render";
import { ClipboardPanel } from "./ClipboardPanel";

const INTO = "clipboard-to-desktop";
const OUT_OF = "clipboard-from-desktop";
const sendToDesktop = vi.fn();

function rightsTo(permits: Action[], withheld: Action[] = []): Rights {
  return { permits: ["view", ...permits], withheld };
}

async function open(rights: Rights): Promise<ClipboardBridge> {
  sendToDesktop.mockReset();
  const clipboard = new ClipboardBridge({
    local: null,
    mayReadSilently: () => Promise.resolve(false),
    maySend: () => rights.permits.includes(INTO),
    sendToDesktop,
  });
  show(<ClipboardPanel clipboard={clipboard} rights={rights} onClosed={() => undefined} />);
  await userEvent.click(screen.getByRole("button", { name: "Clipboard" }));
  await screen.findByRole("dialog", { name: "Clipboard" });
  return clipboard;
}

function button(name: string): HTMLButtonElement {
  return screen.getByRole<HTMLButtonElement>("button", { name });
}

/** What a screen reader says of the button besides its name. */
function reasonOf(name: string): string | undefined {
  const id = button(name).getAttribute("aria-describedby");
  return id === null ? undefined : document.getElementById(id)?.textContent;
}

test("where both ways are open both are said to be, and text is sent", async () => {
  await open(rightsTo([INTO, OUT_OF]));
  expect(screen.getByText("Text can be copied into the desktop.")).toBeDefined();
  expect(screen.getByText("Text can be copied out of the desktop.")).toBeDefined();
  await userEvent.type(screen.getByRole("textbox"), "typed");
  await userEvent.click(button("Send to desktop"));
  expect(sendToDesktop).toHaveBeenCalledWith("typed");
});

test("what the plan lets nobody copy into the desktop cannot be sent, and the button says why", async () => {
  await open(rightsTo([OUT_OF], [INTO]));
  expect(button("Send to desktop").disabled).toBe(true);
  expect(button("Paste from this computer").disabled).toBe(true);
  expect(reasonOf("Send to desktop")).toBe("The plan lets nothing be copied into this desktop.");
  expect(screen.getByRole<HTMLTextAreaElement>("textbox").readOnly).toBe(true);
});

test("what the plan lets nobody copy out of the desktop cannot be taken, and the button says why", async () => {
  await open(rightsTo([INTO], [OUT_OF]));
  expect(button("Copy to this computer").disabled).toBe(true);
  expect(reasonOf("Copy to this computer")).toBe("The plan lets nothing be copied out of this desktop.");
  expect(button("Send to desktop").disabled).toBe(false);
});

test("who only watches is told that this is why", async () => {
  await open(rightsTo([], [OUT_OF]));
  expect(reasonOf("Send to desktop")).toBe("You are only watching: nothing can be copied into the desktop.");
  expect(reasonOf("Copy to this computer")).toBe("The plan lets nothing be copied out of this desktop.");
  expect(screen.queryByRole("textbox")).toBeNull();
});

test("without a desktop there is nothing to open", () => {
  const clipboard = new ClipboardBridge({
    local: null,
    mayReadSilently: () => Promise.resolve(false),
    maySend: () => false,
    sendToDesktop,
  });
  show(<ClipboardPanel clipboard={clipboard} rights={null} onClosed={() => undefined} />);
  expect(button("Clipboard").disabled).toBe(true);
});
