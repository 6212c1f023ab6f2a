import js from "@eslint/js";
import jsxA11y from "eslint-plugin-jsx-a11y";
import reactHooks from "eslint-plugin-react-hooks";
import { globalIgnores } from "eslint/config";
import globals from "globals";
import tseslint from "typescript-eslint";

/** Folders that speak protocols: they know neither React nor the screens. */
const WITHOUT_REACT = ["src/base/**", "src/api/**", "src/events/**", "src/desktop/**"];

export default tseslint.config(
  globalIgnores(["src/api/schema.d.ts"]),
  js.configs.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/consistent-type-definitions": ["error", "interface"],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      // `this: void` says that a function may be handed on by itself.
      "@typescript-eslint/no-invalid-void-type": ["error", { allowAsThisParameter: true }],
      eqeqeq: "error",
      "max-lines": ["error", { max: 400, skipBlankLines: true, skipComments: true }],
      "no-console": "error",
    },
  },
  {
    files: ["src/**/*.tsx"],
    extends: [jsxA11y.flatConfigs.strict, reactHooks.configs.flat["recommended-latest"]],
    languageOptions: { globals: globals.browser },
  },
  {
    files: WITHOUT_REACT,
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              group: ["react", "react-dom", "@mantine/*", "@tanstack/react-query", "wouter", "@tabler/*"],
              message: "Protocol and controller code compiles without React.",
            },
            {
              group: ["**/screens/**", "**/components/**", "**/app/**"],
              message: "The wall: screens know controllers, never the reverse.",
            },
          ],
        },
      ],
    },
  },
  { files: ["public/*.js"], languageOptions: { globals: globals.browser } },
);
