import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { Worker } from "node:worker_threads";

const MODULE = new URL("../../../../static/js/upload/hashing/digest-worker.js", import.meta.url);
/** The worker as a browser runs it; each of its answers tells as well how many bytes it was given and still keeps. */
const FRAME = `
import { parentPort } from "node:worker_threads";
const given = [];
const read = Blob.prototype.arrayBuffer;
Blob.prototype.arrayBuffer = async function () {
  const bytes = await read.call(this);
  given.push(bytes);
  return bytes;
};
const kept = () => given.reduce((sum, one) => sum + one.byteLength, 0);
globalThis.self = {
  addEventListener: (_, heard) => parentPort.on("message", (data) => heard({ data })),
  postMessage: (said) => parentPort.postMessage({ ...said, kept: kept() }),
};
await import(${JSON.stringify(MODULE)});
parentPort.postMessage({ ready: true });
`;

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const sum = (...pieces) => pieces.reduce((hash, piece) => hash.update(piece), createHash("sha256")).digest("hex");
const pieces = [1, 2, 3].map((byte) => Buffer.alloc(1_500_000, byte));

async function startWorker(context) {
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(FRAME)}`));
  context.after(() => worker.terminate());
  const answers = [];
  let wake = () => {};
  worker.on("message", (data) => {
    answers.push(data);
    wake();
  });
  const next = async (matches) => {
    for (;;) {
      const match = answers.find(matches);
      if (match) return match;
      await new Promise((go) => {
        wake = go;
      });
    }
  };
  await next((answer) => answer.ready);
  return { worker, next };
}

test("the memory of a slice is given back as soon as its sum is known", async (context) => {
  const { worker, next } = await startWorker(context);
  for (const [id, piece] of pieces.entries()) {
    worker.postMessage({ id, blob: new Blob([piece]) });
    const answer = await next((data) => data.id === id);
    assert.equal(hex(answer.digest), sum(piece));
    assert.equal(answer.kept, 0);
  }
});

test("slices of a whole are kept until they are in its sum, and no longer", async (context) => {
  const { worker, next } = await startWorker(context);
  for (const [id, piece] of pieces.entries()) {
    worker.postMessage({ id, blob: new Blob([piece]), hashId: "video" });
    const answer = await next((data) => data.id === id);
    assert.equal(hex(answer.digest), sum(piece));
    assert.equal(answer.kept, 1_500_000 * (id + 1));
  }
  worker.postMessage({ hashId: "video", go: true, end: true });
  const result = await next((data) => data.hex);
  assert.equal(result.hex, sum(...pieces));
  assert.equal(result.kept, 0);
});

test("where the storage checks by MD5, that of the same bytes comes along", async (context) => {
  const { worker, next } = await startWorker(context);
  const [piece] = pieces;
  worker.postMessage({ id: 1, blob: new Blob([piece]), md5: true });
  const answer = await next((data) => data.id === 1);
  assert.equal(hex(answer.digest), sum(piece));
  assert.equal(hex(answer.md5), createHash("md5").update(piece).digest("hex"));
  assert.equal(answer.kept, 0);
});
