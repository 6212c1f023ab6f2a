/** Pages that are loaded when they are needed; the desktop page brings noVNC with it. */
import { lazy } from "react";

const importDesktopScreen = () => import("../screens/desktop/DesktopScreen");

export const DesktopScreen = lazy(importDesktopScreen);
export const NewDesktopScreen = lazy(() => import("../screens/new-desktop/NewDesktopScreen"));
export const TokensScreen = lazy(() => import("../screens/tokens/TokensScreen"));

/** Loads the desktop page before it is asked for, while the person does something else. */
export function preloadDesktopScreen(): void {
  // If it fails now, opening the page tries again.
  importDesktopScreen().catch(() => undefined);
}
