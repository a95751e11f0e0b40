import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Agreements } from "../../../../static/js/upload/resume/locks.js";

/** Tabs on one channel; `deaf` ones neither hear nor speak, like a frozen tab. */
function tabs(count) {
  const all = [];
  const lost = [];
  for (let index = 0; index < count; index += 1) {
    const channel = {
      deaf: false,
      addEventListener: (_, hear) => (channel.hear = hear),
      postMessage: (data) => {
        for (const other of all) if (other.channel !== channel && !other.channel.deaf) other.channel.hear({ data });
      },
    };
    all.push({ channel, tab: new Agreements({ onLost: (share) => lost.push([index, share]), channel, answerMs: 5 }) });
  }
  return { all, lost };
}

test("what one tab holds no other takes, until it lets go", async () => {
  const { all } = tabs(2);
  const release = await all[0].tab.take("a");
  assert.equal(await all[1].tab.free("a"), false);
  assert.equal(await all[1].tab.take("a"), null);
  assert.equal(typeof (await all[1].tab.take("b")), "function");
  release();
  assert.equal(await all[1].tab.free("a"), true);
  assert.equal(typeof (await all[1].tab.take("a")), "function");
});

test("of tabs that ask in the same moment exactly one gets it", async () => {
  for (let round = 0; round < 20; round += 1) {
    const { all } = tabs(4);
    const taken = await Promise.all(all.map(({ tab }) => tab.take("a")));
    assert.equal(taken.filter((release) => release !== null).length, 1);
  }
});

test("a tab that was frozen when its share was taken hears of it and stops", async () => {
  const { all, lost } = tabs(2);
  await all[0].tab.take("a");
  all[0].channel.deaf = true;
  const coming = all[1].tab.take("a");
  await pause(2);
  all[0].channel.deaf = false;
  assert.notEqual(await coming, null);
  assert.deepEqual(lost, [[0, "a"]]);
});
