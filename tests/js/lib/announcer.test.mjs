import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Announcer } from "../../../static/js/lib/announcer.js";

/** A live region that records its messages, each with its time. */
function createRegion() {
  const messages = [];
  return { messages, set textContent(message) { messages.push([Math.round(performance.now()), message]); } };
}

const textsOf = (region) => region.messages.map(([, message]) => message);

let clock = 0;
beforeEach(() => {
  clock = 0;
  mock.timers.enable({ apis: ["setTimeout"] });
  mock.method(performance, "now", () => clock);
});
afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

function advance(milliseconds) {
  clock += milliseconds;
  mock.timers.tick(milliseconds);
}

test("announces at most every five seconds, and then the latest message", () => {
  const region = createRegion();
  const announcer = new Announcer(region);
  for (let second = 0; second <= 20; second += 0.25) {
    announcer.announce(`${second * 5} percent`);
    advance(250);
  }
  const times = region.messages.map(([time]) => time);
  assert.equal(region.messages[0][1], "0 percent");
  for (const [index, time] of times.slice(1).entries()) assert.ok(time - times[index] >= 5000, `${times}`);
  assert.ok(times.length >= 4, `${times}`);
});

test("the latest message is never lost", () => {
  const region = createRegion();
  const announcer = new Announcer(region);
  announcer.announce("one");
  announcer.announce("two");
  announcer.announce("three");
  advance(4999);
  assert.deepEqual(textsOf(region), ["one"]);
  advance(1);
  assert.deepEqual(textsOf(region), ["one", "three"]);
});

test("an urgent message does not wait, and no message is announced twice", () => {
  const region = createRegion();
  const announcer = new Announcer(region);
  announcer.announce("99 percent");
  announcer.announce("All sent", { urgent: true });
  announcer.announce("All sent", { urgent: true });
  advance(20_000);
  assert.deepEqual(textsOf(region), ["99 percent", "All sent"]);
});
