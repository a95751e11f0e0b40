import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Announcer } from "../../../static/js/lib/announcer.js";

/** A live region that remembers what was put into it, and when. */
function region() {
  const spoken = [];
  return { spoken, set textContent(words) { spoken.push([Math.round(performance.now()), words]); } };
}

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

function pass(milliseconds) {
  clock += milliseconds;
  mock.timers.tick(milliseconds);
}

test("speaks at most every five seconds, and then what is newest", () => {
  const place = region();
  const announcer = new Announcer(place);
  for (let second = 0; second <= 20; second += 0.25) {
    announcer.say(`${second * 5} percent`);
    pass(250);
  }
  const times = place.spoken.map(([at]) => at);
  assert.equal(place.spoken[0][1], "0 percent");
  for (const [index, at] of times.slice(1).entries()) assert.ok(at - times[index] >= 5000, `${times}`);
  assert.ok(times.length >= 4, `${times}`);
});

test("the last words are never lost", () => {
  const place = region();
  const announcer = new Announcer(place);
  announcer.say("one");
  announcer.say("two");
  announcer.say("three");
  pass(4999);
  assert.deepEqual(place.spoken.map(([, words]) => words), ["one"]);
  pass(1);
  assert.deepEqual(place.spoken.map(([, words]) => words), ["one", "three"]);
});

test("the end is said at once, and nothing twice", () => {
  const place = region();
  const announcer = new Announcer(place);
  announcer.say("99 percent");
  announcer.say("All sent", { urgent: true });
  announcer.say("All sent", { urgent: true });
  pass(20_000);
  assert.deepEqual(place.spoken.map(([, words]) => words), ["99 percent", "All sent"]);
});
