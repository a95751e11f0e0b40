import assert from "node:assert/strict";
import { test } from "node:test";
import { Bandwidth, MIN_PART_BYTES } from "../../../../static/js/upload/engine/bandwidth.js";

const MIB = 1024 * 1024;
const MBIT = 1e6 / 8;

function createStorage() {
  const values = new Map();
  return { getItem: (key) => values.get(key) ?? null, setItem: (key, value) => values.set(key, value) };
}

/** The bytes in flight on a connection of `mbit` megabits a second, in seconds of it: at the beginning, and after parts have arrived. */
function measureInFlight(mbit) {
  const bandwidth = new Bandwidth({ storage: createStorage() });
  const rate = mbit * MBIT;
  const initialBytes = bandwidth.budget;
  bandwidth.addArrival(MIN_PART_BYTES, (MIN_PART_BYTES / rate) * 1000, 1);
  const part = Math.min(16 * MIB, bandwidth.partSize);
  let inFlightBytes = 0;
  while (bandwidth.allows(part, inFlightBytes) && inFlightBytes < 8 * part) inFlightBytes += part;
  return { initialSeconds: initialBytes / rate, seconds: inFlightBytes / rate, parts: inFlightBytes / part };
}

test("at most some 20 s of the connection are in flight, and on fast connections several parts", () => {
  const limits = { 2: 21.1, 10: 20, 32: 20, 100: 20 };
  for (const [mbit, limit] of Object.entries(limits)) {
    const { initialSeconds, seconds, parts } = measureInFlight(Number(mbit));
    assert.ok(initialSeconds <= limit && seconds <= limit, `${mbit} Mbit/s: ${initialSeconds} s, then ${seconds} s`);
    assert.ok(parts >= (mbit < 5 ? 1 : 3), `${mbit} Mbit/s: ${parts} parts`);
  }
  assert.equal(measureInFlight(1000).parts, 8);
});

test("parts that shared the connection are counted, and small files are not measured", () => {
  const bandwidth = new Bandwidth({ storage: createStorage() });
  bandwidth.addArrival(1000, 500, 1);
  assert.equal(bandwidth.budget, MIN_PART_BYTES);
  bandwidth.addArrival(8 * MIB, 8000, 4);
  assert.equal(bandwidth.budget, 64 * MIB);
});

test("the next page knows the size of parts, but starts with one part; after half a day it knows nothing", () => {
  const storage = createStorage();
  let now = 1_000_000;
  const bandwidth = new Bandwidth({ storage, now: () => now });
  bandwidth.addArrival(16 * MIB, 1000, 1);
  const nextPage = new Bandwidth({ storage, now: () => now });
  assert.deepEqual([nextPage.partSize, nextPage.budget], [64 * MIB, MIN_PART_BYTES]);
  now += 13 * 3600_000;
  assert.equal(new Bandwidth({ storage, now: () => now }).partSize, MIN_PART_BYTES);
});

test("a browser that stores nothing can upload too", () => {
  const deny = () => {
    throw new Error("denied");
  };
  const bandwidth = new Bandwidth({ storage: { getItem: deny, setItem: deny } });
  bandwidth.addArrival(16 * MIB, 1000, 1);
  assert.equal(bandwidth.partSize, 64 * MIB);
  assert.equal(new Bandwidth({ storage: null }).partSize, MIN_PART_BYTES);
});
