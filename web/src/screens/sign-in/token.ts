/**
 * The token of a sign-in link, `/sign-in#token=…`, told once: it is taken out of the address at
 * once, so that it is neither in the history nor in a bookmark. Null when there is none.
 */
export function takeToken(): string | null {
  const { hash, pathname } = window.location;
  const token = new URLSearchParams(hash.slice(1)).get("token");
  if (token === null || token === "") return null;
  window.history.replaceState(null, "", pathname);
  return token;
}
