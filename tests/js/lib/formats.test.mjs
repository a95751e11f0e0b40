import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { size } from "../../../static/js/lib/format.js";

/** The same cases as the server's: tests/views/test_words.py. */
const CASES = JSON.parse(readFileSync(new URL("../../formats.json", import.meta.url)));
globalThis.document = { hidden: true, querySelectorAll: () => [] };
globalThis.setInterval = () => 0;
const { span, written } = await import("../../../static/js/pages/local-time.js");

test("sizes and spans are written as the server writes them", () => {
  for (const [bytes, words] of CASES.sizes) assert.equal(size(bytes), words);
  for (const [seconds, words] of CASES.spans) assert.equal(span(seconds), words);
});

test("a date is written as the server writes it, with the year where it is another one", () => {
  const now = new Date(2026, 10, 22, 14, 0);
  assert.equal(written(new Date(2026, 10, 28, 9, 5), now), "Sat 28 Nov, 09:05");
  assert.equal(written(new Date(2027, 0, 3, 0, 0), now), "Sun 3 Jan 2027, 00:00");
});
