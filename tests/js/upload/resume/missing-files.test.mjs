import assert from "node:assert/strict";
import { test } from "node:test";
import { MissingFiles } from "../../../../static/js/upload/resume/missing-files.js";

const record = (id, fields = {}) => ({ id, name: "a.bin", path: "", size: 10, lastModified: 1, ...fields });
const file = (fields = {}) => ({ name: "a.bin", size: 10, lastModified: 1, ...fields });

test("a file is recognized by its name, size and date", () => {
  const missingFiles = new MissingFiles([record("x"), record("y", { name: "b.bin" })]);
  assert.equal(missingFiles.match(file()).record.id, "x");
  assert.equal(missingFiles.match(file()).isUnchanged, true);
  assert.equal(missingFiles.match(file({ name: "c.bin" })), null);
});

test("a file of another size or date has changed", () => {
  const missingFiles = new MissingFiles([record("x")]);
  assert.equal(missingFiles.match(file({ size: 11 })).isUnchanged, false);
  assert.equal(missingFiles.match(file({ lastModified: 2 })).isUnchanged, false);
});

test("of files with the same name the one in the same folder matches, and each only once", () => {
  const missingFiles = new MissingFiles([record("x", { path: "one" }), record("y", { path: "two" })]);
  const { record: match } = missingFiles.match(file(), "two");
  assert.equal(match.id, "y");
  missingFiles.remove(match);
  assert.equal(missingFiles.match(file()).record.id, "x", "a file that was selected alone matches one from a folder");
  assert.deepEqual(missingFiles.records.map(({ id }) => id), ["x"]);
});

test("a file of the same name from another folder is another file", () => {
  const missingFiles = new MissingFiles([record("x", { path: "one" })]);
  assert.equal(missingFiles.match(file({ size: 11 }), "two"), null);
});
