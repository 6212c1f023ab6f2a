import { expect, test } from "vitest";
import { initials } from "./people";

test.each([
  ["Ada Lovelace", "AL"],
  ["ada", "A"],
  ["Ada King Lovelace", "AL"],
  ["ada.lovelace", "AL"],
  ["émile", "É"],
  ["林 明", "林明"],
  ["👩‍🔬 Lab", "👩‍🔬L"],
  ["", ""],
])("the initials of “%s”", (name, letters) => {
  expect(initials(name)).toBe(letters);
});
