import assert from "node:assert/strict";
import { test } from "node:test";
import { ChannelLocks } from "../../../../static/js/upload/resume/locks.js";

/** Tabs on one channel; one whose channel is suspended receives no messages, and reads them once it resumes. */
function createTabs(count) {
  const tabs = [];
  const lost = [];
  const busy = [];
  for (let index = 0; index < count; index += 1) {
    const channel = {
      isSuspended: false,
      messages: [],
      addEventListener: (_, listener) => (channel.listener = listener),
      postMessage: (data) => {
        for (const { channel: receiver } of tabs) {
          if (receiver !== channel && receiver.isSuspended) receiver.messages.push(data);
          else if (receiver !== channel) receiver.listener({ data });
        }
      },
      resume: () => {
        channel.isSuspended = false;
        for (const data of channel.messages.splice(0)) channel.listener({ data });
      },
    };
    const onLost = (share) => lost.push([index, share]);
    const onBusy = (share) => busy.push([index, share]);
    tabs.push({ channel, locks: new ChannelLocks({ onLost, onBusy, channel, responseMs: 5 }) });
  }
  return { tabs, lost, busy };
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
  const { tabs, lost, busy } = createTabs(2);
  await tabs[0].locks.acquire("a");
  busy.length = 0;
  tabs[0].channel.isSuspended = true;
  assert.notEqual(await tabs[1].locks.acquire("a"), null);
  tabs[0].channel.resume();
  assert.deepEqual(lost, [[0, "a"]]);
  assert.deepEqual(busy, [], "its denial came too late");
  assert.equal(await tabs[0].locks.acquire("a"), null);
});

test("a denial that comes too late is reported, and the next query waits longer", async () => {
  const { tabs, busy } = createTabs(2);
  await tabs[0].locks.acquire("a");
  busy.length = 0;
  tabs[0].channel.isSuspended = true;
  assert.equal(await tabs[1].locks.isFree("a"), true);
  assert.deepEqual(busy, []);
  await new Promise((resolve) => {
    setTimeout(resolve, 20);
  });
  tabs[0].channel.resume();
  assert.deepEqual(busy, [[1, "a"]]);
  assert.ok(tabs[1].locks.responseMs >= 40, `${tabs[1].locks.responseMs} ms`);
  assert.equal(await tabs[1].locks.isFree("a"), false);
});

test("a share is not free while another tab acquires it, nor after", async () => {
  const { tabs, busy } = createTabs(2);
  const acquisition = tabs[0].locks.acquire("a");
  assert.equal(await tabs[1].locks.isFree("a"), false);
  await acquisition;
  assert.deepEqual(busy, [[1, "a"]], "the tab that has displayed the share as free");
});

test("a denial counts for each query that waits for it", async () => {
  const { tabs } = createTabs(2);
  await tabs[0].locks.acquire("a");
  tabs[0].channel.isSuspended = true;
  const acquisition = tabs[1].locks.acquire("a");
  const query = tabs[1].locks.isFree("a");
  tabs[0].channel.resume();
  assert.deepEqual(await Promise.all([acquisition, query]), [null, false]);
});
