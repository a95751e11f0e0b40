import assert from "node:assert/strict";
import { test } from "node:test";
import { FileUpload } from "../../../../static/js/upload/engine/file-upload.js";
import { batches, partsOf } from "../../../../static/js/upload/engine/parts.js";
import { Queue, choose } from "../../../../static/js/upload/engine/part-queue.js";
import { mood, totals } from "../../../../static/js/upload/ui/totals.js";

const upload = (name, size, partSize = 10) => {
  const file = new FileUpload({ key: name, file: { name, size, type: "" } });
  file.open({ id: `id-${name}`, partSize });
  return file;
};

test("parts cover the file once, in order, the last one short", () => {
  for (const size of [0, 1, 9, 10, 11, 100, 101]) {
    const parts = partsOf(size, 10);
    assert.equal(parts.reduce((sum, part) => sum + part.size, 0), size);
    parts.forEach((part, index) => {
      assert.equal(part.number, index + 1);
      assert.equal(part.start, index * 10);
      assert.ok(part.size > 0 && part.size <= 10);
    });
  }
  assert.throws(() => partsOf(5, 0), RangeError);
});

test("batches lose nothing", () => {
  assert.deepEqual([...batches([1, 2, 3, 4, 5], 2)], [[1, 2], [3, 4], [5]]);
  assert.deepEqual([...batches([], 2)], []);
});

test("the first file goes first, but leaves a place while another waits", () => {
  const [big, small] = [upload("big", 1000), upload("small", 5)];
  const queue = new Queue();
  queue.add([big, small]);
  const counts = new Map();
  const taken = [];
  for (let step = 0; step < 5; step += 1) {
    const { file, part } = choose(queue.waiting(), { limit: 4, countOf: (first) => counts.get(first) ?? 0 });
    part.state = "taken";
    counts.set(file, (counts.get(file) ?? 0) + 1);
    taken.push(file.name);
  }
  assert.deepEqual(taken, ["big", "big", "big", "small", "big"]);
});

test("nothing to choose is null; paused and settled files are passed over", () => {
  const [first, two] = [upload("one", 30), upload("two", 30)];
  const queue = new Queue();
  queue.add([first, two]);
  first.pause();
  assert.equal(choose(queue.waiting(), { limit: 4, countOf: () => 0 }).file, two);
  two.cancel();
  assert.equal(choose(queue.waiting(), { limit: 4, countOf: () => 0 }), null);
});

test("a part put back is the next one again, without its URL and with its digest", () => {
  const file = upload("a", 35);
  const parts = [file.nextWaiting()];
  parts[0].state = "taken";
  parts.push(file.nextWaiting());
  parts[1].state = "taken";
  Object.assign(parts[0], { digest: "sum", signedUrl: {} });
  file.progress(parts[0], 7);
  assert.equal(file.sent, 7);
  file.partAgain(parts[0]);
  assert.equal(file.nextWaiting(), parts[0]);
  assert.deepEqual([parts[0].digest, parts[0].signedUrl, file.sent], ["sum", null, 0]);
  file.partAgain(parts[0], { digest: true });
  assert.equal(parts[0].digest, null);
});

test("an upload begun earlier sends only what is missing or of another size, and doubts the rest until it is read", () => {
  const file = new FileUpload({ key: 1, file: new File([new Uint8Array(25)], "a.bin") });
  const stored = [
    { number: 1, size: 10, checksum: "sum" },
    { number: 2, size: 9, checksum: "sum" },
    { number: 3, size: 5, checksum: null },
  ];
  file.open({ id: "x", partSize: 10, stored });
  assert.deepEqual([file.sent, file.stored, file.state], [10, 0, "uploading"]);
  assert.deepEqual([file.nextUnverified().number, file.nextWaiting().number], [1, 2]);
  file.pause();
  file.resume();
  assert.deepEqual([file.sent, file.nextUnverified().number], [10, 1]);
  file.partStored(file.nextUnverified());
  assert.deepEqual([file.sent, file.stored, file.nextUnverified()], [10, 1, undefined]);
});

test("a pause cuts what runs and keeps what is stored", () => {
  const file = upload("a", 25);
  const { signal } = file;
  file.partStored(file.parts[0]);
  file.parts[1].state = "taken";
  file.progress(file.parts[1], 4);
  file.pause();
  assert.equal(signal.aborted, true);
  assert.deepEqual([file.sent, file.state], [10, "paused"]);
  file.resume();
  assert.equal(file.signal.aborted, false);
  assert.equal(file.nextWaiting().number, 2);
});

test("an empty file goes straight to its check, and no state is left by the wrong door", () => {
  const empty = upload("empty", 0);
  assert.equal(empty.state, "checking");
  empty.ready();
  assert.throws(() => empty.check(), /cannot go from ready to checking/);
});

test("the whole has one state", () => {
  const [first, two] = [upload("one", 10), upload("two", 10)];
  const now = (more = {}) => mood(totals([first, two]), { waiting: false, isPaused: false, ...more });
  assert.equal(mood(totals([]), {}), "idle");
  assert.equal(now(), "sending");
  assert.equal(now({ waiting: true }), "offline");
  assert.equal(now({ isPaused: true, waiting: true }), "paused");
  first.partStored(first.parts[0]);
  first.check();
  first.ready();
  two.fail(new Error("x"));
  assert.equal(now(), "failed");
  two.cancel();
  assert.equal(now(), "done");
  assert.equal(totals([first, two]).count, 1);
});
