import assert from "node:assert/strict";
import { test } from "node:test";
import { FileUpload } from "../../../../static/js/upload/engine/file-upload.js";
import { batches, partsOf } from "../../../../static/js/upload/engine/parts.js";
import { PartQueue, choose } from "../../../../static/js/upload/engine/part-queue.js";
import { phaseOf, totals } from "../../../../static/js/upload/ui/totals.js";

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

test("the first file is first, but leaves a connection for another that waits", () => {
  const [big, small] = [upload("big", 1000), upload("small", 5)];
  const queue = new PartQueue();
  queue.add([big, small]);
  const counts = new Map();
  const names = [];
  for (let step = 0; step < 5; step += 1) {
    const { file, part } = choose(queue.waiting(), { limit: 4, countOf: (candidate) => counts.get(candidate) ?? 0 });
    part.state = "active";
    counts.set(file, (counts.get(file) ?? 0) + 1);
    names.push(file.name);
  }
  assert.deepEqual(names, ["big", "big", "big", "small", "big"]);
});

test("paused and settled files are skipped, and without candidates the choice is null", () => {
  const [first, second] = [upload("first", 30), upload("second", 30)];
  const queue = new PartQueue();
  queue.add([first, second]);
  first.pause();
  assert.equal(choose(queue.waiting(), { limit: 4, countOf: () => 0 }).file, second);
  second.cancel();
  assert.equal(choose(queue.waiting(), { limit: 4, countOf: () => 0 }), null);
});

test("a part that is queued again is the next one, without its URL and with its digest", () => {
  const file = upload("a", 35);
  const parts = [file.nextWaiting()];
  parts[0].state = "active";
  parts.push(file.nextWaiting());
  parts[1].state = "active";
  Object.assign(parts[0], { digest: "sum", signedUrl: {} });
  file.progress(parts[0], 7);
  assert.equal(file.sentBytes, 7);
  file.requeuePart(parts[0]);
  assert.equal(file.nextWaiting(), parts[0]);
  assert.deepEqual([parts[0].digest, parts[0].signedUrl, file.sentBytes], ["sum", null, 0]);
  file.requeuePart(parts[0], { withoutDigest: true });
  assert.equal(parts[0].digest, null);
});

test("a resumed upload sends only parts that are missing or of another size, and the others are unverified until they are read", () => {
  const file = new FileUpload({ key: 1, file: new File([new Uint8Array(25)], "a.bin") });
  const storedParts = [
    { number: 1, size: 10, checksum: "sum" },
    { number: 2, size: 9, checksum: "sum" },
    { number: 3, size: 5, checksum: null },
  ];
  file.open({ id: "x", partSize: 10, storedParts });
  assert.deepEqual([file.sentBytes, file.storedCount, file.state], [10, 0, "uploading"]);
  assert.deepEqual([file.nextUnverified().number, file.nextWaiting().number], [1, 2]);
  file.pause();
  file.resume();
  assert.deepEqual([file.sentBytes, file.nextUnverified().number], [10, 1]);
  file.partStored(file.nextUnverified());
  assert.deepEqual([file.sentBytes, file.storedCount, file.nextUnverified()], [10, 1, undefined]);
});

test("a pause cuts parts in flight off and keeps those that are stored", () => {
  const file = upload("a", 25);
  const { signal } = file;
  file.partStored(file.parts[0]);
  file.parts[1].state = "active";
  file.progress(file.parts[1], 4);
  file.pause();
  assert.equal(signal.aborted, true);
  assert.deepEqual([file.sentBytes, file.state], [10, "paused"]);
  file.resume();
  assert.equal(file.signal.aborted, false);
  assert.equal(file.nextWaiting().number, 2);
});

test("an empty file is checked immediately, and states change only as allowed", () => {
  const empty = upload("empty", 0);
  assert.equal(empty.state, "checking");
  empty.ready();
  assert.throws(() => empty.check(), /cannot go from ready to checking/);
});

test("all files together have one phase", () => {
  const [first, second] = [upload("first", 10), upload("second", 10)];
  const phase = (transfer = {}) => phaseOf(totals([first, second]), { waiting: false, isPaused: false, ...transfer });
  assert.equal(phaseOf(totals([]), {}), "idle");
  assert.equal(phase(), "uploading");
  assert.equal(phase({ waiting: true }), "offline");
  assert.equal(phase({ isPaused: true, waiting: true }), "paused");
  first.partStored(first.parts[0]);
  first.check();
  first.ready();
  second.fail(new Error("x"));
  assert.equal(phase(), "failed");
  second.cancel();
  assert.equal(phase(), "done");
  assert.equal(totals([first, second]).count, 1);
});
