import assert from "node:assert/strict";
import { test } from "node:test";
import { Speed } from "../../../../static/js/upload/ui/speed.js";

test("a steady connection has its rate", () => {
  const speed = new Speed();
  for (let second = 0; second <= 30; second += 1) speed.addSample(second * 5_000_000, second * 1000);
  assert.equal(speed.rate(), 5_000_000);
});

test("there is no rate while the measurement is too short", () => {
  const speed = new Speed();
  assert.equal(speed.rate(), null);
  speed.addSample(0, 0);
  speed.addSample(9_000_000, 300);
  assert.equal(speed.rate(), null);
});

test("a burst hardly changes the rate, a silent connection lowers it, and a part that is cut off never makes it negative", () => {
  const speed = new Speed();
  for (let second = 0; second <= 10; second += 1) speed.addSample(second * 1_000_000, second * 1000);
  speed.addSample(14_000_000, 10_500);
  assert.ok(speed.rate() < 1_500_000);
  for (let second = 11; second <= 30; second += 1) speed.addSample(14_000_000, second * 1000);
  assert.equal(speed.rate(), 0);
  for (let second = 31; second <= 33; second += 1) speed.addSample(1_000_000, second * 1000);
  assert.equal(speed.rate(), 0);
});
