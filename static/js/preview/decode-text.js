/** Bytes as text: their encoding, and the programming language that the name of the file implies. */

const EXTENSIONS = {
  bash: "sh bash zsh fish", c: "c h", cpp: "cc cpp cxx hpp hxx", csharp: "cs", css: "css", diff: "diff patch", go: "go",
  graphql: "graphql", ini: "ini cfg conf toml properties env", java: "java", javascript: "js mjs cjs jsx", json: "json jsonl",
  kotlin: "kt kts gradle", less: "less", lua: "lua", makefile: "makefile", perl: "pl", php: "php", python: "py pyi", r: "r",
  ruby: "rb", rust: "rs", scss: "scss", sql: "sql", swift: "swift", typescript: "ts tsx", yaml: "yaml yml",
};
const LANGUAGES = new Map(
  Object.entries(EXTENSIONS).flatMap(([language, extensions]) => extensions.split(" ").map((extension) => [extension, language])),
);
const BYTE_ORDER_MARKS = [
  { encoding: "utf-8", mark: [0xef, 0xbb, 0xbf] },
  { encoding: "utf-16le", mark: [0xff, 0xfe] },
  { encoding: "utf-16be", mark: [0xfe, 0xff] },
];

/** @param {string} name */
export const languageOf = (name) => LANGUAGES.get(name.toLowerCase().split(".").at(-1) ?? "") ?? "";

/**
 * Throws for binary data.
 *
 * @param {Uint8Array} bytes
 * @param {boolean} isComplete  false where the last character may be cut
 */
export function decodeText(bytes, isComplete) {
  const encoding = BYTE_ORDER_MARKS.find(({ mark }) => mark.every((byte, index) => bytes[index] === byte))?.encoding;
  if (!encoding && bytes.includes(0)) throw new Error("this is binary data");
  return (encoding ? new TextDecoder(encoding).decode(bytes) : decodeUnmarked(bytes, isComplete)).replace(/\r\n?/gu, "\n");
}

/**
 * UTF-8, or the most common encoding before it.
 *
 * @param {Uint8Array} bytes
 * @param {boolean} isComplete
 */
function decodeUnmarked(bytes, isComplete) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: !isComplete });
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}
