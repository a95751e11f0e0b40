import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { percent, size, timeLeft } from "../../../static/js/lib/format.js";
import { dateTime, span } from "../../../static/js/lib/time.js";

/** The same cases as the server's: tests/templatetags/test_formats.py. */
const CASES = JSON.parse(readFileSync(new URL("../../formats.json", import.meta.url)));

test("sizes and spans are written as the server writes them", () => {
  for (const [bytes, text] of CASES.sizes) assert.equal(size(bytes), text);
  for (const [seconds, text] of CASES.spans) assert.equal(span(seconds), text);
});

test("a date is written as the server writes it, with the year where it is another one", () => {
  const now = new Date(2026, 10, 22, 14, 0);
  assert.equal(dateTime(new Date(2026, 10, 28, 9, 5), now), "Sat 28 Nov, 09:05");
  assert.equal(dateTime(new Date(2027, 0, 3, 0, 0), now), "Sun 3 Jan 2027, 00:00");
});

test("a remaining time and a percentage are rounded", () => {
  assert.deepEqual([1, 12, 54, 56, 250, 7200, 400_000].map(timeLeft), [
    "a moment left", "15 s left", "55 s left", "1 min left", "4 min left", "2 hours left", "5 days left",
  ]);
  assert.equal(percent(999, 1000), 99);
  assert.equal(percent(0, 0), 100);
});
