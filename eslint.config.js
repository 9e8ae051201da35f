// What no module of the page may do. The page itself needs neither this nor any other tool.
import js from "@eslint/js";
import globals from "globals";

const web = "ddpm_playground/ui/web/**/*.js";
const player = "ddpm_playground/watching/player/player.js";
const inline = ["ddpm_playground/ui/web/page/language.js", "ddpm_playground/ui/web/page/prelude.js"];

export default [
  { ignores: ["**/*.d.ts"] },
  {
    files: [web, player],
    ...js.configs.recommended,
    languageOptions: { ecmaVersion: 2024, sourceType: "module", globals: globals.browser },
    rules: {
      ...js.configs.recommended.rules,
      eqeqeq: ["error", "always", { null: "ignore" }],
      "max-lines": ["error", 300],
      "no-implicit-globals": "error",
      "no-shadow": "off",
      "no-unused-vars": "error",
      "no-use-before-define": "off",
      "no-var": "error",
      "prefer-const": ["error", { destructuring: "all" }],
    },
  },
  { files: inline, languageOptions: { sourceType: "script" } },
  { files: ["tests/**/*.mjs", "eslint.config.js"], languageOptions: { globals: globals.node } },
];
