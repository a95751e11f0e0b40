// What an archive is made of is given back while it is taken, and not a moment too early.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Job } from "../../../static/js/archive/archive-stream.js";
import { thrifty } from "../../../static/js/archive/backpressure.js";
import { makeZip } from "client-zip";

const KIB = 1024;
const filled = (length, byte) => new Uint8Array(length).fill(byte);

function given(pieces) {
  const left = [...pieces];
  return new ReadableStream({
    pull: (controller) => (left.length > 0 ? controller.enqueue(left.shift()) : controller.close()),
  });
}

/** As a browser reads it: each piece is copied before the next is asked for. */
async function copied(stream, onPiece = () => {}) {
  const copies = [];
  for await (const piece of stream) {
    copies.push(Buffer.from(piece));
    onPiece(piece);
  }
  return Buffer.concat(copies);
}

test("of all that has been read, one piece is there at a time", async () => {
  const pieces = Array.from({ length: 50 }, (_, index) => filled(64 * KIB, index));
  const all = Buffer.concat(pieces);
  const kept = () => pieces.filter(({ byteLength }) => byteLength > 0).length;
  let most = 0;
  let read = 0;
  const bytes = await copied(thrifty(given(pieces)), () => {
    read += 1;
    most = Math.max(most, read - (pieces.length - kept()));
  });
  assert.deepEqual(bytes, all);
  assert.equal(most, 1);
  assert.equal(kept(), 0);
});

test("what may be wanted again stays: small pieces, and pieces of something larger", async () => {
  const whole = filled(256 * KIB, 7);
  const pieces = [filled(200, 1), whole.subarray(0, 128 * KIB), whole.subarray(128 * KIB), filled(200, 2)];
  await copied(thrifty(given(pieces)));
  assert.deepEqual(pieces.map(({ byteLength }) => byteLength), [200, 128 * KIB, 128 * KIB, 200]);
});

test("whoever made a piece has it until the next is asked for", async () => {
  const pieces = Array.from({ length: 5 }, (_, index) => filled(64 * KIB, index));
  const seen = [];
  let made = 0;
  const pull = (controller) => {
    if (made > 0) seen.push(pieces[made - 1].byteLength);
    if (made < pieces.length) controller.enqueue(pieces[made]);
    else controller.close();
    made += 1;
  };
  await copied(thrifty(new ReadableStream({ pull }, { highWaterMark: 0 })));
  assert.deepEqual(seen, pieces.map(() => 64 * KIB));
});

test("an archive comes out as it would have", async () => {
  const names = ["small.bin", "large.bin", "last.bin"];
  const sizes = [100 * KIB, 900 * KIB, 20 * KIB];
  const body = (index) => filled(sizes[index], index + 1);
  const plain = names.map((name, index) => ({ name, input: body(index), lastModified: new Date(2026, 0, 1) }));
  const files = names.map((name, index) => ({ id: name, name, size: sizes[index] }));
  const job = new Job({ files, disposition: "" }, () => {}, {
    links: { of: (index) => Promise.resolve(String(index)) },
    fetcher: (url) => Promise.resolve(new Response(body(Number(url)))),
  });
  job.modified = plain[0].lastModified;
  assert.deepEqual(await copied(job.answer().body), await copied(makeZip(plain, { buffersAreUTF8: true })));
});

test("who takes no more is heard by the source", async () => {
  let why = "";
  const stream = thrifty(new ReadableStream({ cancel: (reason) => (why = reason) }));
  await stream.cancel("enough");
  assert.equal(why, "enough");
});
