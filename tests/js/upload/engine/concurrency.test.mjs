import assert from "node:assert/strict";
import { test } from "node:test";
import { Connections } from "../../../../static/js/upload/net/connections.js";
import { Concurrency } from "../../../../static/js/upload/engine/concurrency.js";

/** A connection on a clock of its own: `rateOf(count)` is its bytes a second while so many parts are sent. */
function drive(rateOf, { seconds, concurrency = null, failures = [], noise = () => 1 }) {
  let now = 0;
  const driven = concurrency ?? new Concurrency({ now: () => now });
  driven.now = () => now;
  const counts = [];
  for (let tick = 1; tick <= seconds * 20; tick += 1) {
    now += 50;
    if (failures.includes(tick / 20)) driven.recordFailure();
    driven.recordProgress((rateOf(driven.count) / 20) * noise(tick));
    counts.push(driven.count);
  }
  return { concurrency: driven, counts };
}

const MB = 1e6;
/** A connection that varies, in the same way on every run. */
const wave = (tick) => 1 + 0.02 * Math.sin(tick * 1.7);

test("a network that gives each connection its own share gets the maximum", () => {
  const { concurrency } = drive((count) => count * 25 * MB, { seconds: 12, noise: wave });
  assert.equal(concurrency.count, 8);
});

test("a saturated network gets no more parts than it needs", () => {
  const { counts } = drive(() => 10 * MB, { seconds: 120, noise: wave });
  assert.ok(Math.max(...counts) <= 5);
  const average = counts.reduce((sum, count) => sum + count) / counts.length;
  assert.ok(average < 4.3, `${average}`);
});

test("the six connections of a browser are detected, and few trials exceed them", () => {
  const { counts } = drive((count) => Math.min(count, 6) * 10 * MB, { seconds: 120, noise: wave });
  const laterCounts = counts.slice(200);
  assert.ok(laterCounts.filter((count) => count === 6).length > laterCounts.length * 0.8);
  assert.ok(laterCounts.every((count) => count >= 6 && count <= 7));
});

test("failures lower the limit, down to two, and it rises again", () => {
  const { concurrency, counts } = drive((count) => count * MB, { seconds: 14, failures: [3, 5, 7, 9, 11, 13] });
  assert.ok(Math.min(...counts) >= 2);
  assert.ok(concurrency.count <= 4);
  const recovered = drive((count) => count * MB, { seconds: 30, concurrency });
  assert.equal(recovered.concurrency.count, 8);
});

test("ten parts that fail at the same time are one failure", () => {
  const concurrency = new Concurrency({ now: () => 0 });
  for (let failure = 0; failure < 10; failure += 1) concurrency.recordFailure();
  assert.equal(concurrency.count, 3);
});

test("the maximum applies to small files, except right after a failure", () => {
  const concurrency = new Concurrency({ now: () => 0 });
  assert.deepEqual([concurrency.limitFor(10_000), concurrency.limitFor(16 * 1024 * 1024)], [8, 4]);
  concurrency.recordFailure();
  assert.equal(concurrency.limitFor(10_000), 3);
});

test("an upload that waits for the disk or for the server does not measure the connection", () => {
  let now = 0;
  const concurrency = new Concurrency({ now: () => now });
  for (let tick = 0; tick < 200; tick += 1) {
    now += 50;
    concurrency.recordProgress(1e6 * tick, false);
  }
  assert.equal(concurrency.count, 4);
});

test("a request that the browser queues is not stalled", () => {
  const started = [];
  const connections = new Connections(2);
  const leave = [0, 1, 2, 3].map((index) => connections.enter(() => started.push(index)));
  assert.deepEqual(started, [0, 1]);
  leave[2](); // canceled while it waits
  leave[0]();
  leave[0]();
  assert.deepEqual(started, [0, 1, 3]);
  leave[1]();
  leave[3]();
  connections.enter(() => started.push("next"));
  assert.deepEqual(started, [0, 1, 3, "next"]);
});
