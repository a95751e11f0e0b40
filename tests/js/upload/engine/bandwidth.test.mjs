import assert from "node:assert/strict";
import { test } from "node:test";
import { Line, MIN_PART_BYTES } from "../../../../static/js/upload/engine/bandwidth.js";

const MIB = 1024 * 1024;
const MBIT = 1e6 / 8;

function memory() {
  const kept = new Map();
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
}

/** What is at stake on a full line of `mbit`, in seconds of it, once parts of the size it asks for have arrived. */
function stake(mbit) {
  const line = new Line({ memory: memory() });
  const rate = mbit * MBIT;
  const begin = line.budget;
  line.arrived(MIN_PART_BYTES, (MIN_PART_BYTES / rate) * 1000, 1);
  const part = Math.min(16 * MIB, line.partSize);
  let flying = 0;
  while (line.takes(part, flying) && flying < 8 * part) flying += part;
  return { begin: begin / rate, later: flying / rate, part, lanes: flying / part };
}

test("a cut costs some 20 s of line at most, at the beginning and later, and fast lines have several lanes", () => {
  const limits = { 2: 21.1, 10: 20, 32: 20, 100: 20 };
  for (const [mbit, most] of Object.entries(limits)) {
    const { begin, later, lanes } = stake(Number(mbit));
    assert.ok(begin <= most && later <= most, `${mbit} Mbit/s: ${begin} s, then ${later} s`);
    assert.ok(lanes >= (mbit < 5 ? 1 : 3), `${mbit} Mbit/s: ${lanes} lanes`);
  }
  assert.equal(stake(1000).lanes, 8);
});

test("what shared the line is counted, and small files say nothing", () => {
  const line = new Line({ memory: memory() });
  line.arrived(1000, 500, 1);
  assert.equal(line.budget, MIN_PART_BYTES);
  line.arrived(8 * MIB, 8000, 4);
  assert.equal(line.budget, 64 * MIB);
});

test("the next page knows how to cut files, but begins with one part; after half a day it knows nothing", () => {
  const kept = memory();
  let now = 1_000_000;
  const line = new Line({ memory: kept, now: () => now });
  line.arrived(16 * MIB, 1000, 1);
  const next = new Line({ memory: kept, now: () => now });
  assert.deepEqual([next.partSize, next.budget], [64 * MIB, MIN_PART_BYTES]);
  now += 13 * 3600_000;
  assert.equal(new Line({ memory: kept, now: () => now }).partSize, MIN_PART_BYTES);
});

test("a browser that keeps nothing sends all the same", () => {
  const no = () => {
    throw new Error("denied");
  };
  const line = new Line({ memory: { getItem: no, setItem: no } });
  line.arrived(16 * MIB, 1000, 1);
  assert.equal(line.partSize, 64 * MIB);
  assert.equal(new Line({ memory: null }).partSize, MIN_PART_BYTES);
});
