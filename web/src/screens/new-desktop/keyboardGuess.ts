/** Layouts by language and region, where they differ from the language's own code. */
const BY_LOCALE: Readonly<Record<string, string>> = {
  "en-us": "us",
  "en-gb": "gb",
  "en-ie": "gb",
  // Regions whose own layout is for another language than English.
  "en-ca": "us",
  "en-in": "us",
  "en-il": "us",
  en: "us",
  "de-ch": "ch",
  "fr-ch": "ch(fr)",
  "fr-be": "be",
  "nl-be": "be",
  "fr-ca": "ca",
  "pt-br": "br",
  "es-mx": "latam",
  "es-ar": "latam",
  "es-cl": "latam",
  "es-co": "latam",
  sv: "se",
  da: "dk",
  nb: "no",
  nn: "no",
  cs: "cz",
  ja: "jp",
  ko: "kr",
  uk: "ua",
  el: "gr",
  sl: "si",
  et: "ee",
  he: "il",
  zh: "us",
  hi: "in",
  ar: "ara",
  sr: "rs",
};

/** Layouts that print other letters on the keys of the US layout's Q and Z and of its digits. */
const BY_LETTERS: Readonly<Record<string, readonly string[]>> = {
  qwertz: ["de", "ch", "ch(fr)", "cz", "sk", "hu", "si", "hr", "rs"],
  azerty: ["fr", "be"],
  qwerty: [
    ...["us", "us(intl)", "gb", "es", "it", "pt", "br", "se", "dk", "no", "fi", "nl", "pl", "ca", "latam"],
    ...["jp", "kr", "is", "tr", "ro", "ee", "lt", "lv", "in", "il"],
  ],
};

/** What the top left letter keys print, as `navigator.keyboard.getLayoutMap()` tells. */
export type LetterRow = "qwerty" | "qwertz" | "azerty" | null;

export function letterRow(printed: ReadonlyMap<string, string>): LetterRow {
  if (printed.get("KeyQ") === "a") return "azerty";
  if (printed.get("KeyY") === "z") return "qwertz";
  return printed.get("KeyQ") === "q" ? "qwerty" : null;
}

/**
 * The likeliest of *offered* (XKB layouts, as in `de` or `ch(fr)`) for somebody whose browser
 * speaks *languages* (most liked first) and whose keys print *row*.
 */
export function guessKeyboard(
  languages: readonly string[],
  row: LetterRow,
  offered: readonly string[],
): string | undefined {
  const candidates = languages.flatMap(layoutsFor).filter((layout) => offered.includes(layout));
  const fitting = row === null ? [] : (BY_LETTERS[row] ?? []).filter((layout) => offered.includes(layout));
  return (
    candidates.find((layout) => row === null || fitting.includes(layout)) ??
    fitting[0] ??
    candidates[0] ??
    (offered.includes("us") ? "us" : offered[0])
  );
}

function layoutsFor(language: string): string[] {
  const locale = language.toLowerCase();
  const [primary = ""] = locale.split("-");
  return [BY_LOCALE[locale], locale.split("-")[1], BY_LOCALE[primary], primary].filter(
    (layout): layout is string => layout !== undefined,
  );
}
