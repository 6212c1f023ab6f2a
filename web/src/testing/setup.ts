import { cleanNotifications, cleanNotificationsQueue } from "@mantine/notifications";
import { cleanup, configure } from "@testing-library/react";
import { afterEach, beforeEach, vi } from "vitest";

// Machines that do much at once are slow; a test that passes does not wait for this.
configure({ asyncUtilTimeout: 10_000 });

// What Mantine needs of a page and jsdom does not have.
class NoResizeObserver implements ResizeObserver {
  observe(): void {
    // Nothing changes its size here.
  }
  unobserve(): void {
    // Nothing changes its size here.
  }
  disconnect(): void {
    // Nothing changes its size here.
  }
}

beforeEach(() => {
  // Fonts never come here.
  Object.defineProperty(document, "fonts", { value: new EventTarget(), configurable: true });
  vi.stubGlobal("ResizeObserver", NoResizeObserver);
  vi.stubGlobal("matchMedia", (media: string) => ({
    media,
    matches: false,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  }));
});

afterEach(() => {
  cleanup();
  cleanNotificationsQueue();
  cleanNotifications();
  localStorage.clear();
  sessionStorage.clear();
});
