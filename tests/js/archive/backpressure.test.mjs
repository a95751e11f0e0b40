// The memory of an archive is freed while it is read, and not before.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ArchiveStream } from "../../../static/js/archive/archive-stream.js";
import { withBackpressure } from "../../../static/js/archive/backpressure.js";
import { makeZip } from "../../../static/vendor/client-zip/index.js";

const KIB = 1024;
const filled = (length, byte) => new Uint8Array(length).fill(byte);

function streamOf(chunks) {
  const remaining = [...chunks];
  return new ReadableStream({
    pull: (controller) => (remaining.length > 0 ? controller.enqueue(remaining.shift()) : controller.close()),
  });
}

/** As a browser reads it: each chunk is copied before the next is pulled. */
async function copyStream(stream, onChunk = () => {}) {
  const copies = [];
  for await (const chunk of stream) {
    copies.push(Buffer.from(chunk));
    onChunk(chunk);
  }
  return Buffer.concat(copies);
}

test("of all that has been read, one chunk is in memory at a time", async () => {
  const chunks = Array.from({ length: 50 }, (_, index) => filled(64 * KIB, index));
  const all = Buffer.concat(chunks);
  const remaining = () => chunks.filter(({ byteLength }) => byteLength > 0).length;
  let maximum = 0;
  let read = 0;
  const bytes = await copyStream(withBackpressure(streamOf(chunks)), () => {
    read += 1;
    maximum = Math.max(maximum, read - (chunks.length - remaining()));
  });
  assert.deepEqual(bytes, all);
  assert.equal(maximum, 1);
  assert.equal(remaining(), 0);
});

test("small chunks, and chunks of a larger buffer, are not freed: they may be used twice", async () => {
  const large = filled(256 * KIB, 7);
  const chunks = [filled(200, 1), large.subarray(0, 128 * KIB), large.subarray(128 * KIB), filled(200, 2)];
  await copyStream(withBackpressure(streamOf(chunks)));
  assert.deepEqual(chunks.map(({ byteLength }) => byteLength), [200, 128 * KIB, 128 * KIB, 200]);
});

test("the producer of a chunk has it until the next one is pulled", async () => {
  const chunks = Array.from({ length: 5 }, (_, index) => filled(64 * KIB, index));
  const lengths = [];
  let count = 0;
  const pull = (controller) => {
    if (count > 0) lengths.push(chunks[count - 1].byteLength);
    if (count < chunks.length) controller.enqueue(chunks[count]);
    else controller.close();
    count += 1;
  };
  await copyStream(withBackpressure(new ReadableStream({ pull }, { highWaterMark: 0 })));
  assert.deepEqual(lengths, chunks.map(() => 64 * KIB));
});

test("an archive has the same bytes as without it", async () => {
  const names = ["small.bin", "large.bin", "last.bin"];
  const sizes = [100 * KIB, 900 * KIB, 20 * KIB];
  const body = (index) => filled(sizes[index], index + 1);
  const plain = names.map((name, index) => ({ name, input: body(index), lastModified: new Date(2026, 0, 1) }));
  const files = names.map((name, index) => ({ id: name, name, size: sizes[index] }));
  const archive = new ArchiveStream({ files, disposition: "" }, () => {}, {
    links: { urlOf: (index) => Promise.resolve(String(index)) },
    fetcher: (url) => Promise.resolve(new Response(body(Number(url)))),
  });
  archive.modified = plain[0].lastModified;
  assert.deepEqual(await copyStream(archive.createResponse().body), await copyStream(makeZip(plain, { buffersAreUTF8: true })));
});

test("a reader that cancels cancels the source", async () => {
  let canceledWith = "";
  const stream = withBackpressure(new ReadableStream({ cancel: (reason) => (canceledWith = reason) }));
  await stream.cancel("enough");
  assert.equal(canceledWith, "enough");
});
