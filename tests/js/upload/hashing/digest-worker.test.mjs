import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { Worker } from "node:worker_threads";

const MODULE = new URL("../../../../static/js/upload/hashing/digest-worker.js", import.meta.url);
/** The worker as a browser runs it; each of its messages also states how many of the bytes that it has read are still in memory. */
const WORKER_SOURCE = `
import { parentPort } from "node:worker_threads";
const buffers = [];
const read = Blob.prototype.arrayBuffer;
Blob.prototype.arrayBuffer = async function () {
  const bytes = await read.call(this);
  buffers.push(bytes);
  return bytes;
};
const bytesInMemory = () => buffers.reduce((total, buffer) => total + buffer.byteLength, 0);
globalThis.self = {
  addEventListener: (_, listener) => parentPort.on("message", (data) => listener({ data })),
  postMessage: (message) => parentPort.postMessage({ ...message, bytesInMemory: bytesInMemory() }),
};
await import(${JSON.stringify(MODULE)});
parentPort.postMessage({ ready: true });
`;

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const sha256 = (...blocks) => blocks.reduce((hash, block) => hash.update(block), createHash("sha256")).digest("hex");
const slices = [1, 2, 3].map((byte) => Buffer.alloc(1_500_000, byte));

async function startWorker(context) {
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(WORKER_SOURCE)}`));
  context.after(() => worker.terminate());
  const messages = [];
  let wake = () => {};
  worker.on("message", (data) => {
    messages.push(data);
    wake();
  });
  const next = async (matches) => {
    for (;;) {
      const match = messages.find(matches);
      if (match) return match;
      await new Promise((resolve) => {
        wake = resolve;
      });
    }
  };
  await next((message) => message.ready);
  return { worker, next };
}

test("the memory of a slice is freed as soon as its checksum is known", async (context) => {
  const { worker, next } = await startWorker(context);
  for (const [id, slice] of slices.entries()) {
    worker.postMessage({ id, blob: new Blob([slice]) });
    const response = await next((data) => data.id === id);
    assert.equal(hex(response.digest), sha256(slice));
    assert.equal(response.bytesInMemory, 0);
  }
});

test("slices stay in memory until they are in the hash of their file, and no longer", async (context) => {
  const { worker, next } = await startWorker(context);
  for (const [id, slice] of slices.entries()) {
    worker.postMessage({ id, blob: new Blob([slice]), hashId: "video" });
    const response = await next((data) => data.id === id);
    assert.equal(hex(response.digest), sha256(slice));
    assert.equal(response.bytesInMemory, 1_500_000 * (id + 1));
  }
  worker.postMessage({ hashId: "video", start: true, end: true });
  const result = await next((data) => data.hex);
  assert.equal(result.hex, sha256(...slices));
  assert.equal(result.bytesInMemory, 0);
});

test("where the storage checks by MD5, the response has the MD5 of the same bytes", async (context) => {
  const { worker, next } = await startWorker(context);
  const [slice] = slices;
  worker.postMessage({ id: 1, blob: new Blob([slice]), md5: true });
  const response = await next((data) => data.id === 1);
  assert.equal(hex(response.digest), sha256(slice));
  assert.equal(hex(response.md5), createHash("md5").update(slice).digest("hex"));
  assert.equal(response.bytesInMemory, 0);
});
