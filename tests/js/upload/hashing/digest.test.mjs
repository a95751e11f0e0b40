import assert from "node:assert/strict";
import { test } from "node:test";
import { Digester, announcement } from "../../../../static/js/upload/hashing/digest.js";
import { UnreadableError } from "../../../../static/js/upload/net/errors.js";
import { Pace } from "../../../../static/js/upload/hashing/file-hash.js";

const slice = { size: 5 };
const sleeper = { sleep: async () => {} };

/** A worker that does as `behavior(message, answer)` says; `answer(data)` and `answer.fail()` come later, as they do. */
class FakeWorker extends EventTarget {
  constructor(behavior) {
    super();
    this.behavior = behavior;
    this.ended = false;
  }

  postMessage(message) {
    const answer = (data) => queueMicrotask(() => this.dispatchEvent(new MessageEvent("message", { data })));
    answer.fail = () => queueMicrotask(() => this.dispatchEvent(new Event("error")));
    this.behavior(message, answer);
  }

  terminate() {
    this.ended = true;
  }
}

const sums = ({ id }, answer) => id && answer({ id, digest: new Uint8Array(32).fill(7).buffer });
const fails = (_message, answer) => answer.fail();
const isAway = ({ id }, answer) => id && answer({ away: true });

function rig(...behaviors) {
  const hired = [];
  const open = () => {
    const worker = new FakeWorker(behaviors[Math.min(hired.length, behaviors.length - 1)]);
    hired.push(worker);
    return worker;
  };
  return { hired, digester: new Digester({ sleeper, most: 1, pace: new Pace({ cores: 8 }), open }) };
}

for (const [what, lost] of [["script", fails], ["library", isAway]]) {
  test(`a worker whose ${what} does not come is replaced, and its slice is tried again`, async () => {
    const { digester, hired } = rig(lost, lost, sums);
    assert.deepEqual(await digester.digest(slice), new Uint8Array(32).fill(7));
    assert.deepEqual(hired.map(({ ended }) => ended), [true, true, false]);
  });
}

test("slices of a file whose worker was lost go to the next one, and its own sum is given up", async () => {
  const { digester, hired } = rig(fails, sums);
  const file = { parts: [1, 2, 3] };
  const { signal } = new AbortController();
  const all = [1, 2, 3].map((number) => digester.digest(slice, { file, number, signal }));
  assert.equal((await Promise.all(all)).length, 3);
  assert.equal(await digester.whole(file), null);
  assert.equal(hired.length, 2);
});

test("a slice that cannot be read is not tried again", async () => {
  const { digester, hired } = rig(({ id }, answer) => answer({ id, error: "" }));
  await assert.rejects(digester.digest(slice), UnreadableError);
  assert.equal(hired.length, 1);
});

test("an announcement holds the MD5 where the worker was asked for it", async () => {
  const asked = [];
  const open = () => new FakeWorker((message, answer) => {
    if (!message.id) return;
    asked.push(message.md5 === true);
    answer({ id: message.id, digest: new Uint8Array(32).buffer, ...(message.md5 && { md5: new Uint8Array(16).buffer }) });
  });
  const pace = new Pace({ cores: 8 });
  const strong = announcement(await new Digester({ sleeper, most: 1, pace, open }).digest(slice));
  const both = announcement(await new Digester({ sleeper, most: 1, pace, open, md5: true }).digest(slice));
  assert.deepEqual(asked, [false, true]);
  const sha256 = Buffer.alloc(32).toString("base64");
  assert.deepEqual(strong, { checksum_sha256: sha256 });
  assert.deepEqual(both, { checksum_sha256: sha256, checksum_md5: Buffer.alloc(16).toString("base64") });
});
