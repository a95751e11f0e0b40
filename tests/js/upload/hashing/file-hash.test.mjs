import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { BACKLOG_BYTES, FileHashes, Pace } from "../../../../static/js/upload/hashing/file-hash.js";

const MIB = 1024 * 1024;
const PART = 16 * MIB;
const forever = new AbortController().signal;
const worker = {};

/** Hashes beside a connection that `transfer(bytes, ms)` drives, and the messages to the worker. */
function setup({ cores = 8 } = {}) {
  const clock = { now: 0 };
  const messages = [];
  const pace = new Pace({ cores, now: () => clock.now });
  const hashes = new FileHashes({ pace, send: (_worker, message) => messages.push(message) });
  const transfer = (bytes, ms) => {
    pace.addSent(0);
    clock.now += ms;
    pace.addSent(bytes);
    hashes.decide();
  };
  const read = async (file, number, signal = forever) => {
    const fileHash = await hashes.reserve({ file, number, signal }, PART);
    if (fileHash) fileHash.worker = worker;
    return fileHash;
  };
  return { hashes, messages, transfer, read };
}

test("a file that is read in order on a slow connection gets its hash", async () => {
  const { hashes, messages, transfer, read } = setup();
  const file = { parts: [1, 2, 3] };
  const { id } = await read(file, 1);
  transfer(5 * MIB, 1000);
  assert.deepEqual(messages, [{ hashId: id, start: true }]);
  await read(file, 2);
  await read(file, 3);
  const hash = hashes.hashOf(file);
  assert.deepEqual(messages.at(-1), { hashId: id, start: true, end: true });
  hashes.handleMessage({ hashId: id, bytes: 3 * PART, ms: 100 });
  hashes.handleMessage({ hashId: id, hex: "abc" });
  assert.equal(await hash, "abc");
  assert.equal(await hashes.hashOf(file), null);
});

test("on a fast connection the hash is given up before it costs anything", async () => {
  const { hashes, messages, transfer, read } = setup({ cores: 4 });
  const file = { parts: [1, 2, 3] };
  const { id } = await read(file, 1);
  transfer(60 * MIB, 200);
  assert.deepEqual(messages, [{ hashId: id, drop: true }]);
  assert.equal(await read(file, 2), null);
  assert.equal(await hashes.hashOf(file), null);
  assert.equal(await read({ parts: [1, 2] }, 1), null);
});

test("a part that is read again, skipped, or of an earlier attempt ends the hash", async () => {
  for (const order of [[1, 2, 2], [1, 3], [4]]) {
    const { hashes, transfer, read } = setup();
    const file = { parts: [1, 2, 3] };
    for (const number of order) await read(file, number);
    transfer(MIB, 1000);
    assert.equal(await hashes.hashOf(file), null, `${order}`);
  }
});

test("a file that is not read to its end has no hash", async () => {
  const { hashes, transfer, read } = setup();
  const file = { parts: [1, 2, 3] };
  await read(file, 1);
  transfer(MIB, 1000);
  await read(file, 2);
  assert.equal(await hashes.hashOf(file), null);
});

test("the bytes that wait for a hash are limited; reading continues when there is capacity", async () => {
  const { hashes, transfer, read } = setup();
  const file = { parts: Array.from({ length: 9 }) };
  const capacity = BACKLOG_BYTES / PART;
  let fileHash = null;
  for (let number = 1; number <= capacity; number += 1) fileHash = await read(file, number);
  transfer(MIB, 1000);
  let reserved = null;
  void read(file, capacity + 1).then((result) => {
    reserved = result;
  });
  await pause(20);
  assert.equal(reserved, null);
  hashes.handleMessage({ hashId: fileHash.id, bytes: PART, ms: 50 });
  await pause(20);
  assert.equal(reserved, fileHash);
});

test("an upload that is stopped, or whose connection has no known rate, does not wait for a hash", async () => {
  for (const isStopped of [true, false]) {
    const { read } = setup();
    const file = { parts: Array.from({ length: 9 }) };
    const end = new AbortController();
    for (let number = 1; number <= 4; number += 1) await read(file, number, end.signal);
    if (isStopped) end.abort();
    assert.equal(await read(file, 5, end.signal), null);
  }
});

test("two processors compute no hashes of files", async () => {
  const { read } = setup({ cores: 2 });
  assert.equal(await read({ parts: [1, 2] }, 1), null);
});
