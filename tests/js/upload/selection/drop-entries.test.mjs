import assert from "node:assert/strict";
import { test } from "node:test";
import { folderOf, readDrop, readInputFiles, walk } from "../../../../static/js/upload/selection/drop-entries.js";

const leaf = (fullPath) => ({
  isFile: true,
  name: fullPath.split("/").at(-1),
  fullPath,
  file: (resolve) => resolve({ name: fullPath.split("/").at(-1) }),
});

const folder = (name, ...pieces) => ({
  isDirectory: true,
  name,
  createReader: () => {
    const left = [...pieces, []];
    return { readEntries: (resolve) => resolve(left.shift()) };
  },
});

const all = async (entries) => {
  const found = [];
  for await (const { file, path, name, error } of walk(entries)) {
    found.push(file ? [path, file.name] : [name, error.message]);
  }
  return found;
};

test("folders are read to their end, piece by piece, and paths are kept", async () => {
  const tree = folder(
    "trip",
    [leaf("/trip/a.jpg"), folder("day 1", [leaf("/trip/day 1/b.jpg")])],
    [leaf("/trip/c.jpg")],
  );
  assert.deepEqual(await all([tree, leaf("/d.txt")]), [
    ["trip", "a.jpg"],
    ["trip/day 1", "b.jpg"],
    ["trip", "c.jpg"],
    ["", "d.txt"],
  ]);
});

test("what cannot be read is named and the rest goes on", async () => {
  const broken = { ...leaf("/gone.txt"), file: (_, reject) => reject(new Error("gone")) };
  const closed = { isDirectory: true, name: "closed", createReader: () => ({ readEntries: (_, no) => no(new Error("shut")) }) };
  assert.deepEqual(await all([broken, closed, leaf("/ok.txt")]), [
    ["gone.txt", "gone"],
    ["closed", "shut"],
    ["", "ok.txt"],
  ]);
});

test("a drop is taken at once, by entries where the browser has them", async () => {
  const item = (entry) => ({ kind: "file", webkitGetAsEntry: () => entry });
  const text = { kind: "string" };
  assert.deepEqual(await all(readDrop({ items: [text, item(leaf("/x/y.txt"))] })), [["x", "y.txt"]]);
  assert.deepEqual(await all(readDrop({ files: [{ name: "old.txt" }] })), [["", "old.txt"]]);
});

test("a chosen folder keeps its paths, a chosen file has none", () => {
  const input = { files: [{ name: "a", webkitRelativePath: "trip/day/a" }, { name: "b", webkitRelativePath: "" }] };
  assert.deepEqual(readInputFiles(input).map(({ path }) => path), ["trip/day", ""]);
  assert.equal(folderOf("/a"), "");
});
