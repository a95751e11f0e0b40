import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { WakeLock } from "../../../../static/js/upload/ui/wake-lock.js";

function setup({ refuse = false } = {}) {
  const locks = [];
  const request = async () => {
    if (refuse) throw new Error("the battery is low");
    const lock = { released: false, release: async () => Object.assign(lock, { released: true }) };
    locks.push(lock);
    return lock;
  };
  const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
  const end = new AbortController();
  const wakeLock = new WakeLock({ signal: end.signal, locks: { request }, page });
  const show = async (state) => {
    page.visibilityState = state;
    page.dispatchEvent(new Event("visibilitychange"));
    await turn();
  };
  return { wakeLock, locks, show, end };
}

const activeCount = (locks) => locks.filter(({ released }) => !released).length;

test("the screen stays on while it is needed, and no longer", async () => {
  const { wakeLock, locks } = setup();
  wakeLock.setNeeded(true);
  wakeLock.setNeeded(true);
  await turn();
  assert.deepEqual([locks.length, activeCount(locks)], [1, 1]);
  wakeLock.setNeeded(false);
  await turn();
  assert.equal(activeCount(locks), 0);
  wakeLock.setNeeded(true);
  wakeLock.setNeeded(false);
  await turn();
  assert.equal(activeCount(locks), 0, "not needed any more since the request");
});

test("a tab that was hidden requests the lock again", async () => {
  const { wakeLock, locks, show, end } = setup();
  wakeLock.setNeeded(true);
  await turn();
  locks[0].released = true; // by the browser
  await show("hidden");
  assert.equal(locks.length, 1);
  await show("visible");
  assert.deepEqual([locks.length, activeCount(locks)], [2, 1]);
  end.abort();
  await turn();
  assert.equal(activeCount(locks), 0);
});

test("a browser without the lock, or one that refuses it, causes no error", async () => {
  const { wakeLock } = setup({ refuse: true });
  wakeLock.setNeeded(true);
  await turn();
  new WakeLock({ signal: new AbortController().signal, locks: undefined, page: new EventTarget() }).setNeeded(true);
});
