/** Where a person goes after signing in: back to the page that asked for it. */
import { navigate } from "wouter/use-browser-location";

const KEY = "beamdesk.return-to";

/** Remembers the current page and leads to the sign-in page. */
export function goToSignIn(): void {
  const { pathname } = window.location;
  if (pathname === "/sign-in" || pathname === "/signed-out") return;
  remember(pathname);
  navigate("/sign-in", { replace: true });
}

/** The page to go on with, told once. */
export function takeReturnTo(): string {
  try {
    const path = sessionStorage.getItem(KEY);
    sessionStorage.removeItem(KEY);
    return path?.startsWith("/") === true && !path.startsWith("//") ? path : "/";
  } catch {
    return "/";
  }
}

function remember(path: string): void {
  try {
    sessionStorage.setItem(KEY, path);
  } catch {
    // Storage is blocked: sign-in leads to the home page.
  }
}
