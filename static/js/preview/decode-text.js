/** Bytes as words: which encoding they are in, and which language their file's name tells. */

const LANGUAGES = {
  bash: "sh bash zsh fish", c: "c h", cpp: "cc cpp cxx hpp hxx", csharp: "cs", css: "css", diff: "diff patch", go: "go",
  graphql: "graphql", ini: "ini cfg conf toml properties env", java: "java", javascript: "js mjs cjs jsx", json: "json jsonl",
  kotlin: "kt kts gradle", less: "less", lua: "lua", makefile: "makefile", perl: "pl", php: "php", python: "py pyi", r: "r",
  ruby: "rb", rust: "rs", scss: "scss", sql: "sql", swift: "swift", typescript: "ts tsx", yaml: "yaml yml",
};
const BY_ENDING = new Map(Object.entries(LANGUAGES).flatMap(([name, endings]) => endings.split(" ").map((one) => [one, name])));
const MARKS = [
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]],
];

export const languageOf = (name) => BY_ENDING.get(name.toLowerCase().split(".").at(-1)) ?? "";

/** Throws for what is no text. `whole` is false where the last character may be cut. */
export function wordsOf(bytes, whole) {
  const [marked] = MARKS.find(([, mark]) => mark.every((byte, place) => bytes[place] === byte)) ?? [];
  if (!marked && bytes.includes(0)) throw new Error("this is no text");
  return (marked ? new TextDecoder(marked).decode(bytes) : guessed(bytes, whole)).replace(/\r\n?/gu, "\n");
}

/** UTF-8, or what was usual before it. */
function guessed(bytes, whole) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: !whole });
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}
