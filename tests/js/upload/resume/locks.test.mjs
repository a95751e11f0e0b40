import assert from "node:assert/strict";
import { test } from "node:test";
import { ChannelLocks } from "../../../../static/js/upload/resume/locks.js";

/** Tabs on one channel; one whose channel is suspended receives no messages. */
function createTabs(count) {
  const tabs = [];
  const lost = [];
  for (let index = 0; index < count; index += 1) {
    const channel = {
      isSuspended: false,
      addEventListener: (_, listener) => (channel.listener = listener),
      postMessage: (data) => {
        for (const { channel: receiver } of tabs) if (receiver !== channel && !receiver.isSuspended) receiver.listener({ data });
      },
    };
    tabs.push({ channel, locks: new ChannelLocks({ onLost: (share) => lost.push([index, share]), channel, responseMs: 5 }) });
  }
  return { tabs, lost };
}

test("a share that a tab has acquired is not free until the tab releases it", async () => {
  const { tabs } = createTabs(2);
  const release = await tabs[0].locks.acquire("a");
  assert.equal(await tabs[1].locks.isFree("a"), false);
  assert.equal(await tabs[1].locks.acquire("a"), null);
  assert.equal(typeof (await tabs[1].locks.acquire("b")), "function");
  release();
  assert.equal(await tabs[1].locks.isFree("a"), true);
  assert.equal(typeof (await tabs[1].locks.acquire("a")), "function");
});

test("of tabs that acquire a share at the same time exactly one succeeds", async () => {
  for (let round = 0; round < 20; round += 1) {
    const { tabs } = createTabs(4);
    const releases = await Promise.all(tabs.map(({ locks }) => locks.acquire("a")));
    assert.equal(releases.filter((release) => release !== null).length, 1);
  }
});

test("a tab that was suspended while another acquired its share is notified", async () => {
  const { tabs, lost } = createTabs(2);
  await tabs[0].locks.acquire("a");
  tabs[0].channel.isSuspended = true;
  const acquisition = tabs[1].locks.acquire("a");
  tabs[0].channel.isSuspended = false;
  assert.notEqual(await acquisition, null);
  assert.deepEqual(lost, [[0, "a"]]);
});
