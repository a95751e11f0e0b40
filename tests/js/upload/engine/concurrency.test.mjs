import assert from "node:assert/strict";
import { test } from "node:test";
import { Connections } from "../../../../static/js/upload/net/connections.js";
import { Concurrency } from "../../../../static/js/upload/engine/concurrency.js";

/** A line on a clock of its own: `speed(concurrency)` gives bytes a second while so many parts travel. */
function drive(speed, { seconds, concurrency = null, failures = [], noise = () => 1 }) {
  let now = 0;
  const driven = concurrency ?? new Concurrency({ now: () => now });
  driven.now = () => now;
  const counts = [];
  for (let tick = 1; tick <= seconds * 20; tick += 1) {
    now += 50;
    if (failures.includes(tick / 20)) driven.reportFailure();
    driven.moved((speed(driven.count) / 20) * noise(tick));
    counts.push(driven.count);
  }
  return { concurrency: driven, counts };
}

const MB = 1e6;
/** A wavy line, the same on every run. */
const wave = (tick) => 1 + 0.02 * Math.sin(tick * 1.7);

test("a line that gives each connection its own share gets every lane", () => {
  const { concurrency } = drive((count) => count * 25 * MB, { seconds: 12, noise: wave });
  assert.equal(concurrency.count, 8);
});

test("a line that is full gets no more lanes than it needs", () => {
  const { counts } = drive(() => 10 * MB, { seconds: 120, noise: wave });
  assert.ok(Math.max(...counts) <= 5);
  const average = counts.reduce((sum, count) => sum + count) / counts.length;
  assert.ok(average < 4.3, `${average}`);
});

test("six connections of a browser are found, and hardly more tried", () => {
  const { counts } = drive((count) => Math.min(count, 6) * 10 * MB, { seconds: 120, noise: wave });
  const late = counts.slice(200);
  assert.ok(late.filter((count) => count === 6).length > late.length * 0.8);
  assert.ok(late.every((count) => count >= 6 && count <= 7));
});

test("trouble takes lanes away, down to two, and they come back", () => {
  const { concurrency, counts } = drive((count) => count * MB, { seconds: 14, failures: [3, 5, 7, 9, 11, 13] });
  assert.ok(Math.min(...counts) >= 2);
  assert.ok(concurrency.count <= 4);
  const after = drive((count) => count * MB, { seconds: 30, concurrency });
  assert.equal(after.concurrency.count, 8);
});

test("ten parts that are cut at once are one trouble", () => {
  const concurrency = new Concurrency({ now: () => 0 });
  for (let cut = 0; cut < 10; cut += 1) concurrency.reportFailure();
  assert.equal(concurrency.count, 3);
});

test("small files have every lane, except right after trouble", () => {
  const concurrency = new Concurrency({ now: () => 0 });
  assert.deepEqual([concurrency.limitFor(10_000), concurrency.limitFor(16 * 1024 * 1024)], [8, 4]);
  concurrency.reportFailure();
  assert.equal(concurrency.limitFor(10_000), 3);
});

test("an uploader that waits for the disk or for its server learns nothing of the line", () => {
  let now = 0;
  const concurrency = new Concurrency({ now: () => now });
  for (let tick = 0; tick < 200; tick += 1) {
    now += 50;
    concurrency.moved(1e6 * tick, false);
  }
  assert.equal(concurrency.count, 4);
});

test("a request that the browser holds back is not yet late", () => {
  const turns = [];
  const connections = new Connections(2);
  const leave = [0, 1, 2, 3].map((each) => connections.enter(() => turns.push(each)));
  assert.deepEqual(turns, [0, 1]);
  leave[2](); // given up while it waited
  leave[0]();
  leave[0]();
  assert.deepEqual(turns, [0, 1, 3]);
  leave[1]();
  leave[3]();
  connections.enter(() => turns.push("next"));
  assert.deepEqual(turns, [0, 1, 3, "next"]);
});
