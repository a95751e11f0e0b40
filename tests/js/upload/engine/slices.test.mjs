import assert from "node:assert/strict";
import { test } from "node:test";
import { inSlices } from "../../../../static/js/upload/engine/slices.js";

const all = async (items, options) => {
  const slices = [];
  for await (const slice of inSlices(items, (item) => item * 2, options)) slices.push(slice);
  return slices;
};

test("a short list is one slice", async () => {
  assert.deepEqual(await all([1, 2, 3]), [[2, 4, 6]]);
});

test("a slow list is divided, and the page handles events in between", async () => {
  let time = 0;
  let turns = 0;
  const timer = setInterval(() => (turns += 1));
  const slices = await all(Array.from({ length: 50 }, (_, index) => index), { ms: 8, now: () => (time += 1) });
  clearInterval(timer);
  assert.ok(slices.length > 4);
  assert.deepEqual(slices.flat(), Array.from({ length: 50 }, (_, index) => index * 2));
  assert.ok(turns > 0);
});
