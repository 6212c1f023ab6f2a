/** Up to two letters that stand for *name*. */
export function initials(name: string): string {
  const words = name.split(/[\s._-]+/).filter((word) => word !== "");
  const letters = words.length > 1 ? [words[0], words.at(-1)] : words;
  return letters.map((word) => firstLetter(word ?? "")).join("");
}

/** What a reader takes for one letter, which may be several code points. */
const segmenter = new Intl.Segmenter();

function firstLetter(word: string): string {
  const [first] = segmenter.segment(word);
  return first?.segment.toLocaleUpperCase() ?? "";
}
