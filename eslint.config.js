// ES modules in the browser, one behavior each; the rules that catch mistakes, and size limits so that files stay readable.
import js from "@eslint/js";
import globals from "globals";

const size = {
  complexity: ["error", 10],
  "max-lines": ["error", { max: 300 }],
  "max-lines-per-function": ["error", { max: 40, skipBlankLines: true, skipComments: true }],
  "max-params": ["error", 5],
};
const care = {
  "array-callback-return": "error",
  "consistent-return": "error",
  eqeqeq: "error",
  "no-alert": "error",
  "no-console": "error",
  "no-eval": "error",
  "no-implied-eval": "error",
  "no-new-func": "error",
  "no-param-reassign": "error",
  "no-promise-executor-return": "error",
  "no-return-assign": "error",
  "no-script-url": "error",
  "no-self-compare": "error",
  "no-shadow": "error",
  "no-unmodified-loop-condition": "error",
  "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
  "no-use-before-define": ["error", { functions: false, classes: false }],
  "no-var": "error",
  "object-shorthand": "error",
  "prefer-const": "error",
  "prefer-template": "error",
  "require-atomic-updates": "error",
  // Text goes into the page as text; markup comes from the server's templates alone.
  "no-restricted-properties": [
    "error",
    ...["innerHTML", "outerHTML", "insertAdjacentHTML"].map((property) => ({ property, message: "Use textContent and elements." })),
    { object: "document", property: "write", message: "Use elements." },
  ],
};

export default [
  { ignores: ["staticfiles/", "static/vendor/", "node_modules/", ".venv/", "var/"] },
  js.configs.recommended,
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  {
    files: ["static/js/**/*.js"],
    languageOptions: { ecmaVersion: 2023, sourceType: "module", globals: { ...globals.browser, ...globals.worker } },
    rules: { ...size, ...care },
  },
  {
    files: ["tests/**/*.{js,mjs}", "*.js"],
    languageOptions: { ecmaVersion: 2023, sourceType: "module", globals: { ...globals.node } },
    rules: { ...care, "no-console": "off" },
  },
];
