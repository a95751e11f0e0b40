import assert from "node:assert/strict";
import { test } from "node:test";
import { folderOf, readDrop, readInputFiles, walk } from "../../../../static/js/upload/selection/drop-entries.js";

const leaf = (fullPath) => ({
  isFile: true,
  name: fullPath.split("/").at(-1),
  fullPath,
  file: (resolve) => resolve({ name: fullPath.split("/").at(-1) }),
});

const folder = (name, ...batches) => ({
  isDirectory: true,
  name,
  createReader: () => {
    const remainingBatches = [...batches, []];
    return { readEntries: (resolve) => resolve(remainingBatches.shift()) };
  },
});

const walkAll = async (entries) => {
  const items = [];
  for await (const { file, path, name, error } of walk(entries)) {
    items.push(file ? [path, file.name] : [name, error.message]);
  }
  return items;
};

test("folders are read to their end, batch by batch, and files have their paths", async () => {
  const tree = folder(
    "trip",
    [leaf("/trip/a.jpg"), folder("day 1", [leaf("/trip/day 1/b.jpg")])],
    [leaf("/trip/c.jpg")],
  );
  assert.deepEqual(await walkAll([tree, leaf("/d.txt")]), [
    ["trip", "a.jpg"],
    ["trip/day 1", "b.jpg"],
    ["trip", "c.jpg"],
    ["", "d.txt"],
  ]);
});

test("what cannot be read is rejected by name, and the rest is read", async () => {
  const broken = { ...leaf("/gone.txt"), file: (_, reject) => reject(new Error("gone")) };
  const closed = { isDirectory: true, name: "closed", createReader: () => ({ readEntries: (_, reject) => reject(new Error("shut")) }) };
  assert.deepEqual(await walkAll([broken, closed, leaf("/ok.txt")]), [
    ["gone.txt", "gone"],
    ["closed", "shut"],
    ["", "ok.txt"],
  ]);
});

test("a drop is read immediately, by entries where the browser has them", async () => {
  const item = (entry) => ({ kind: "file", webkitGetAsEntry: () => entry });
  const text = { kind: "string" };
  assert.deepEqual(await walkAll(readDrop({ items: [text, item(leaf("/x/y.txt"))] })), [["x", "y.txt"]]);
  assert.deepEqual(await walkAll(readDrop({ files: [{ name: "old.txt" }] })), [["", "old.txt"]]);
});

test("the files of a selected folder have their paths, a selected file has none", () => {
  const input = { files: [{ name: "a", webkitRelativePath: "trip/day/a" }, { name: "b", webkitRelativePath: "" }] };
  assert.deepEqual(readInputFiles(input).map(({ path }) => path), ["trip/day", ""]);
  assert.equal(folderOf("/a"), "");
});
