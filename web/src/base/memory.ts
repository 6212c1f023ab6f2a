/** Small choices that this browser remembers; without storage each visit starts from the defaults. */
export function remembered(key: string): string | null {
  try {
    return localStorage.getItem(`beamdesk.${key}`);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`beamdesk.${key}`, value);
  } catch {
    // Storage is blocked or full: the choice holds for this page.
  }
}
