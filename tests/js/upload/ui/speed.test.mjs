import assert from "node:assert/strict";
import { test } from "node:test";
import { Speed } from "../../../../static/js/upload/ui/speed.js";

test("a steady line has its rate and its time left", () => {
  const speed = new Speed();
  for (let second = 0; second <= 30; second += 1) speed.note(second * 5_000_000, second * 1000);
  assert.equal(speed.rate(), 5_000_000);
  assert.equal(speed.secondsFor(10_000_000), 2);
});

test("too early to say is said so", () => {
  const speed = new Speed();
  assert.equal(speed.rate(), null);
  speed.note(0, 0);
  speed.note(9_000_000, 300);
  assert.equal(speed.rate(), null);
  assert.equal(speed.secondsFor(1), null);
});

test("one burst does not swing the rate, a silent line lowers it, a cut part never makes it negative", () => {
  const speed = new Speed();
  for (let second = 0; second <= 10; second += 1) speed.note(second * 1_000_000, second * 1000);
  speed.note(14_000_000, 10_500);
  assert.ok(speed.rate() < 1_500_000);
  for (let second = 11; second <= 30; second += 1) speed.note(14_000_000, second * 1000);
  assert.equal(speed.rate(), 0);
  assert.equal(speed.secondsFor(1), null);
  for (let second = 31; second <= 33; second += 1) speed.note(1_000_000, second * 1000);
  assert.equal(speed.rate(), 0);
});
