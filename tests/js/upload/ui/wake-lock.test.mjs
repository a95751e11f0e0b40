import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Wake } from "../../../../static/js/upload/ui/wake-lock.js";

function rig({ refuse = false } = {}) {
  const locks = [];
  const request = async () => {
    if (refuse) throw new Error("the battery is low");
    const lock = { released: false, release: async () => Object.assign(lock, { released: true }) };
    locks.push(lock);
    return lock;
  };
  const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
  const end = new AbortController();
  const wake = new Wake({ signal: end.signal, locks: { request }, page });
  const show = async (state) => {
    page.visibilityState = state;
    page.dispatchEvent(new Event("visibilitychange"));
    await turn();
  };
  return { wake, locks, show, end };
}

const held = (locks) => locks.filter(({ released }) => !released).length;

test("the screen stays on while files are on their way, and no longer", async () => {
  const { wake, locks } = rig();
  wake.keep(true);
  wake.keep(true);
  await turn();
  assert.deepEqual([locks.length, held(locks)], [1, 1]);
  wake.keep(false);
  await turn();
  assert.equal(held(locks), 0);
  wake.keep(true);
  wake.keep(false);
  await turn();
  assert.equal(held(locks), 0, "ended while it was on its way");
});

test("a tab that was hidden asks again", async () => {
  const { wake, locks, show, end } = rig();
  wake.keep(true);
  await turn();
  locks[0].released = true; // by the browser
  await show("hidden");
  assert.equal(locks.length, 1);
  await show("visible");
  assert.deepEqual([locks.length, held(locks)], [2, 1]);
  end.abort();
  await turn();
  assert.equal(held(locks), 0);
});

test("without it, or refused, files go all the same", async () => {
  const { wake } = rig({ refuse: true });
  wake.keep(true);
  await turn();
  new Wake({ signal: new AbortController().signal, locks: undefined, page: new EventTarget() }).keep(true);
});
