import assert from "node:assert/strict";
import { test } from "node:test";
import { MissingFiles } from "../../../../static/js/upload/resume/missing-files.js";

const record = (id, over = {}) => ({ id, name: "a.bin", path: "", size: 10, lastModified: 1, ...over });
const file = (over = {}) => ({ name: "a.bin", size: 10, lastModified: 1, ...over });

test("a file is known again by name, size and date", () => {
  const wanted = new MissingFiles([record("x"), record("y", { name: "b.bin" })]);
  assert.equal(wanted.match(file()).record.id, "x");
  assert.equal(wanted.match(file()).same, true);
  assert.equal(wanted.match(file({ name: "c.bin" })), null);
});

test("another size or another date is a changed file", () => {
  const wanted = new MissingFiles([record("x")]);
  assert.equal(wanted.match(file({ size: 11 })).same, false);
  assert.equal(wanted.match(file({ lastModified: 2 })).same, false);
});

test("of namesakes the one in the same folder is meant, and each only once", () => {
  const wanted = new MissingFiles([record("x", { path: "one" }), record("y", { path: "two" })]);
  const { record: found } = wanted.match(file(), "two");
  assert.equal(found.id, "y");
  wanted.settle(found);
  assert.equal(wanted.match(file()).record.id, "x", "picked by itself it matches what came out of a folder");
  assert.deepEqual(wanted.left.map(({ id }) => id), ["x"]);
});

test("a namesake from another folder is another file", () => {
  const wanted = new MissingFiles([record("x", { path: "one" })]);
  assert.equal(wanted.match(file({ size: 11 }), "two"), null);
});
