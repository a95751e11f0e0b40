import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { BACKLOG_BYTES, Pace, Wholes } from "../../../../static/js/upload/hashing/file-hash.js";

const MIB = 1024 * 1024;
const PART = 16 * MIB;
const forever = new AbortController().signal;
const worker = {};

/** Sums on a line of so many bytes a second, and what the worker was told. */
function rig({ cores = 8 } = {}) {
  const clock = { now: 0 };
  const told = [];
  const pace = new Pace({ cores, now: () => clock.now });
  const wholes = new Wholes({ pace, tell: (_worker, message) => told.push(message) });
  const line = (bytes, ms) => {
    pace.sent(0);
    clock.now += ms;
    pace.sent(bytes);
    wholes.judge();
  };
  const read = async (file, number, signal = forever) => {
    const chain = await wholes.take({ file, number, signal }, PART);
    if (chain) chain.worker = worker;
    return chain;
  };
  return { wholes, pace, told, line, read, clock };
}

test("in order and on a slow line a file gets its sum", async () => {
  const { wholes, told, line, read } = rig();
  const file = { parts: [1, 2, 3] };
  const { id } = await read(file, 1);
  line(5 * MIB, 1000);
  assert.deepEqual(told, [{ chain: id, go: true }]);
  await read(file, 2);
  await read(file, 3);
  const sum = wholes.of(file);
  assert.deepEqual(told.at(-1), { chain: id, go: true, end: true });
  wholes.hear({ chain: id, bytes: 3 * PART, ms: 100 });
  wholes.hear({ chain: id, whole: "abc" });
  assert.equal(await sum, "abc");
  assert.equal(await wholes.of(file), null);
});

test("a fast line is not slowed: the sum is given up before it costs anything", async () => {
  const { wholes, told, line, read } = rig({ cores: 4 });
  const file = { parts: [1, 2, 3] };
  const { id } = await read(file, 1);
  line(60 * MIB, 200);
  assert.deepEqual(told, [{ chain: id, drop: true }]);
  assert.equal(await read(file, 2), null);
  assert.equal(await wholes.of(file), null);
  assert.equal(await read({ parts: [1, 2] }, 1), null);
});

test("a part read again, skipped, or of an earlier try ends the sum", async () => {
  for (const numbers of [[1, 2, 2], [1, 3], [4]]) {
    const { wholes, line, read } = rig();
    const file = { parts: [1, 2, 3] };
    for (const number of numbers) await read(file, number);
    line(MIB, 1000);
    assert.equal(await wholes.of(file), null, `${numbers}`);
  }
});

test("a file that is not read to its end has no sum", async () => {
  const { wholes, line, read } = rig();
  const file = { parts: [1, 2, 3] };
  await read(file, 1);
  line(MIB, 1000);
  await read(file, 2);
  assert.equal(await wholes.of(file), null);
});

test("what waits for a sum is bounded; reading goes on when there is room", async () => {
  const { wholes, line, read } = rig();
  const file = { parts: Array.from({ length: 9 }) };
  const places = BACKLOG_BYTES / PART;
  let chain = null;
  for (let number = 1; number <= places; number += 1) chain = await read(file, number);
  line(MIB, 1000);
  let got = null;
  void read(file, places + 1).then((given) => {
    got = given;
  });
  await pause(20);
  assert.equal(got, null);
  wholes.hear({ chain: chain.id, bytes: PART, ms: 50 });
  await pause(20);
  assert.equal(got, chain);
});

test("an upload that is stopped, or whose line says nothing, does not wait for a sum", async () => {
  for (const stop of [true, false]) {
    const { read } = rig();
    const file = { parts: Array.from({ length: 9 }) };
    const end = new AbortController();
    for (let number = 1; number <= 4; number += 1) await read(file, number, end.signal);
    if (stop) end.abort();
    assert.equal(await read(file, 5, end.signal), null);
  }
});

test("two processors have none to spare", async () => {
  const { read } = rig({ cores: 2 });
  assert.equal(await read({ parts: [1, 2] }, 1), null);
});
