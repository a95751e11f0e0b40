import assert from "node:assert/strict";
import { test } from "node:test";
import { Bandwidth, MIN_PART_BYTES } from "../../../../static/js/upload/engine/bandwidth.js";

const MIB = 1024 * 1024;
const MBIT = 1e6 / 8;

function memory() {
  const memoryWithRate = new Map();
  return { getItem: (key) => memoryWithRate.get(key) ?? null, setItem: (key, value) => memoryWithRate.set(key, value) };
}

/** What is at stake on a full line of `mbit`, in seconds of it, once parts of the size it asks for have arrived. */
function stake(mbit) {
  const bandwidth = new Bandwidth({ memory: memory() });
  const rate = mbit * MBIT;
  const begin = bandwidth.budget;
  bandwidth.addArrival(MIN_PART_BYTES, (MIN_PART_BYTES / rate) * 1000, 1);
  const part = Math.min(16 * MIB, bandwidth.partSize);
  let flying = 0;
  while (bandwidth.allows(part, flying) && flying < 8 * part) flying += part;
  return { begin: begin / rate, later: flying / rate, part, parts: flying / part };
}

test("a cut costs some 20 s of line at most, at the beginning and later, and fast lines have several lanes", () => {
  const limits = { 2: 21.1, 10: 20, 32: 20, 100: 20 };
  for (const [mbit, limit] of Object.entries(limits)) {
    const { begin, later, parts } = stake(Number(mbit));
    assert.ok(begin <= limit && later <= limit, `${mbit} Mbit/s: ${begin} s, then ${later} s`);
    assert.ok(parts >= (mbit < 5 ? 1 : 3), `${mbit} Mbit/s: ${parts} lanes`);
  }
  assert.equal(stake(1000).parts, 8);
});

test("what shared the line is counted, and small files say nothing", () => {
  const bandwidth = new Bandwidth({ memory: memory() });
  bandwidth.addArrival(1000, 500, 1);
  assert.equal(bandwidth.budget, MIN_PART_BYTES);
  bandwidth.addArrival(8 * MIB, 8000, 4);
  assert.equal(bandwidth.budget, 64 * MIB);
});

test("the next page knows how to cut files, but begins with one part; after half a day it knows nothing", () => {
  const memoryWithRate = memory();
  let now = 1_000_000;
  const bandwidth = new Bandwidth({ memory: memoryWithRate, now: () => now });
  bandwidth.addArrival(16 * MIB, 1000, 1);
  const next = new Bandwidth({ memory: memoryWithRate, now: () => now });
  assert.deepEqual([next.partSize, next.budget], [64 * MIB, MIN_PART_BYTES]);
  now += 13 * 3600_000;
  assert.equal(new Bandwidth({ memory: memoryWithRate, now: () => now }).partSize, MIN_PART_BYTES);
});

test("a browser that keeps nothing sends all the same", () => {
  const no = () => {
    throw new Error("denied");
  };
  const bandwidth = new Bandwidth({ memory: { getItem: no, setItem: no } });
  bandwidth.addArrival(16 * MIB, 1000, 1);
  assert.equal(bandwidth.partSize, 64 * MIB);
  assert.equal(new Bandwidth({ memory: null }).partSize, MIN_PART_BYTES);
});
