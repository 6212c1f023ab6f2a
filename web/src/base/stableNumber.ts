/** A number from 0 to *below* - 1 that is always the same for the same *text*; for looks, not for secrets. */
export function stableNumber(text: string, below: number): number {
  const hash = Array.from(text).reduce(
    (sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 1_000_003,
    7,
  );
  return hash % below;
}
