// ES modules in the browser, one behavior each; the rules that catch mistakes, and size limits so that files stay readable.
import { posix } from "node:path";
import js from "@eslint/js";
import globals from "globals";
import texts from "./eslint.texts.js";

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

// What the modules of each folder of static/js may import besides one another. A folder names only folders above itself,
// so that imports have no circle; the modules of a folder without a line may import nothing.
const UPLOAD_FOLDERS = ["net", "hashing", "engine", "share", "selection", "resume", "ui"].map((name) => `upload/${name}`);
const IMPORTED_FOLDERS = {
  lib: [],
  pages: ["lib"],
  archive: ["lib"],
  preview: ["lib"],
  "upload/net": ["lib"],
  "upload/hashing": ["lib", "upload/net"],
  "upload/engine": ["lib", "upload/net", "upload/hashing"],
  "upload/share": ["lib", "upload/net", "upload/engine"],
  "upload/selection": ["lib", "upload/net", "upload/hashing"],
  "upload/resume": ["lib", "upload/net", "upload/selection"],
  "upload/ui": ["lib", "upload/net", "upload/selection"],
  upload: ["lib", ...UPLOAD_FOLDERS],
  "entry-points": ["pages", "archive", "preview", "upload"],
};

/** The npm packages, which esbuild bundles with the modules that import them. */
const PACKAGES = "@?[a-z].+";

/** Rules that refuse every import but those that match one of `allowed`, which are regular expressions. */
function restrictImports(allowed, message) {
  const regex = `^(?!(?:${allowed.join("|")})$)`;
  // A selector cannot contain a slash inside of a regular expression.
  const selector = `ImportExpression > Literal[value=/${regex.replaceAll("/", "\\u002f")}/]`;
  return {
    "no-restricted-imports": ["error", { patterns: [{ regex, message }] }],
    "no-restricted-syntax": ["error", { selector, message }],
  };
}

function rulesOfFolder([folder, imported], index, entries) {
  const above = entries.slice(0, index).map(([name]) => name);
  if (!imported.every((name) => above.includes(name))) throw new Error(`${folder} imports a folder below itself`);
  const folders = [folder, ...imported].map((name) => posix.relative(folder, name) || ".");
  const paths = folders.map((path) => `${path.startsWith(".") ? "" : "./"}${path}/[^/]+`);
  const allowed = [...paths.map((path) => path.replaceAll(/\.(?=[./])/g, "\\.")), PACKAGES];
  const message = `Modules of ${folder} import only from ${["itself", ...imported].join(", ")}: see eslint.config.js.`;
  return { files: [`static/js/${folder}/*.js`], rules: restrictImports(allowed, message) };
}

export default [
  { ignores: ["staticfiles/", "static/build/", "node_modules/", ".venv/", "var/"] },
  js.configs.recommended,
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  {
    files: ["static/js/**/*.js"],
    languageOptions: { ecmaVersion: 2023, sourceType: "module", globals: { ...globals.browser, ...globals.worker } },
    rules: { ...size, ...care, ...restrictImports([], "This folder has no line in eslint.config.js yet.") },
  },
  ...Object.entries(IMPORTED_FOLDERS).map(rulesOfFolder),
  {
    files: ["static/js/**/*.js"],
    plugins: { texts },
    rules: { "texts/no-bare-text": "error" },
  },
  {
    files: ["tests/**/*.{js,mjs}", "*.js"],
    languageOptions: { ecmaVersion: 2023, sourceType: "module", globals: { ...globals.node } },
    rules: { ...care, "no-console": "off" },
  },
];
