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
    this.terminated = false;
  }

  postMessage(message) {
    const answer = (data) => queueMicrotask(() => this.dispatchEvent(new MessageEvent("message", { data })));
    answer.fail = () => queueMicrotask(() => this.dispatchEvent(new Event("error")));
    this.behavior(message, answer);
  }

  terminate() {
    this.terminated = true;
  }
}

const sums = ({ id }, answer) => id && answer({ id, digest: new Uint8Array(32).fill(7).buffer });
const fails = (_message, answer) => answer.fail();
const isUnfit = ({ id }, answer) => id && answer({ unfit: true });

function setup(...behaviors) {
  const workers = [];
  const open = () => {
    const worker = new FakeWorker(behaviors[Math.min(workers.length, behaviors.length - 1)]);
    workers.push(worker);
    return worker;
  };
  return { workers, digester: new Digester({ sleeper, maxWorkers: 1, pace: new Pace({ cores: 8 }), open }) };
}

for (const [name, lost] of [["script", fails], ["library", isUnfit]]) {
  test(`a worker whose ${name} does not come is replaced, and its slice is tried again`, async () => {
    const { digester, workers } = setup(lost, lost, sums);
    assert.deepEqual(await digester.digest(slice), new Uint8Array(32).fill(7));
    assert.deepEqual(workers.map(({ terminated }) => terminated), [true, true, false]);
  });
}

test("slices of a file whose worker was lost go to the next one, and its own sum is given up", async () => {
  const { digester, workers } = setup(fails, sums);
  const file = { parts: [1, 2, 3] };
  const { signal } = new AbortController();
  const all = [1, 2, 3].map((number) => digester.digest(slice, { file, number, signal }));
  assert.equal((await Promise.all(all)).length, 3);
  assert.equal(await digester.hashOf(file), null);
  assert.equal(workers.length, 2);
});

test("a slice that cannot be read is not tried again", async () => {
  const { digester, workers } = setup(({ id }, answer) => answer({ id, error: "" }));
  await assert.rejects(digester.digest(slice), UnreadableError);
  assert.equal(workers.length, 1);
});

test("an announcement holds the MD5 where the worker was asked for it", async () => {
  const requests = [];
  const open = () => new FakeWorker((message, answer) => {
    if (!message.id) return;
    requests.push(message.md5 === true);
    answer({ id: message.id, digest: new Uint8Array(32).buffer, ...(message.md5 && { md5: new Uint8Array(16).buffer }) });
  });
  const pace = new Pace({ cores: 8 });
  const withoutMd5 = announcement(await new Digester({ sleeper, maxWorkers: 1, pace, open }).digest(slice));
  const withMd5 = announcement(await new Digester({ sleeper, maxWorkers: 1, pace, open, md5: true }).digest(slice));
  assert.deepEqual(requests, [false, true]);
  const sha256 = Buffer.alloc(32).toString("base64");
  assert.deepEqual(withoutMd5, { checksum_sha256: sha256 });
  assert.deepEqual(withMd5, { checksum_sha256: sha256, checksum_md5: Buffer.alloc(16).toString("base64") });
});
