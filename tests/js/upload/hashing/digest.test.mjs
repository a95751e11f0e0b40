import assert from "node:assert/strict";
import { test } from "node:test";
import { Digester, checksumsOf } from "../../../../static/js/upload/hashing/digest.js";
import { UnreadableError } from "../../../../static/js/upload/net/errors.js";
import { Pace } from "../../../../static/js/upload/hashing/file-hash.js";

const slice = { size: 5 };
const sleeper = { sleep: async () => {} };

/** A worker that handles each message by `behavior(message, respond)`; the effects of `respond(data)` and `respond.fail()` are asynchronous. */
class FakeWorker extends EventTarget {
  constructor(behavior) {
    super();
    this.behavior = behavior;
    this.terminated = false;
  }

  postMessage(message) {
    const respond = (data) => queueMicrotask(() => this.dispatchEvent(new MessageEvent("message", { data })));
    respond.fail = () => queueMicrotask(() => this.dispatchEvent(new Event("error")));
    this.behavior(message, respond);
  }

  terminate() {
    this.terminated = true;
  }
}

const hashes = ({ id }, respond) => id && respond({ id, digest: new Uint8Array(32).fill(7).buffer });
const fails = (_message, respond) => respond.fail();
const isUnfit = ({ id }, respond) => id && respond({ unfit: true });

function setup(...behaviors) {
  const workers = [];
  const open = () => {
    const worker = new FakeWorker(behaviors[Math.min(workers.length, behaviors.length - 1)]);
    workers.push(worker);
    return worker;
  };
  return { workers, digester: new Digester({ sleeper, maxWorkers: 1, pace: new Pace({ cores: 8 }), open }) };
}

for (const [name, behavior] of [["script", fails], ["library", isUnfit]]) {
  test(`a worker whose ${name} does not load is replaced, and its slice is retried`, async () => {
    const { digester, workers } = setup(behavior, behavior, hashes);
    assert.deepEqual(await digester.digest(slice), new Uint8Array(32).fill(7));
    assert.deepEqual(workers.map(({ terminated }) => terminated), [true, true, false]);
  });
}

test("slices of a file whose worker failed go to the next one, and the hash of the file is given up", async () => {
  const { digester, workers } = setup(fails, hashes);
  const file = { parts: [1, 2, 3] };
  const { signal } = new AbortController();
  const all = [1, 2, 3].map((number) => digester.digest(slice, { file, number, signal }));
  assert.equal((await Promise.all(all)).length, 3);
  assert.equal(await digester.hashOf(file), null);
  assert.equal(workers.length, 2);
});

test("a slice that cannot be read is not retried", async () => {
  const { digester, workers } = setup(({ id }, respond) => respond({ id, error: "" }));
  await assert.rejects(digester.digest(slice), UnreadableError);
  assert.equal(workers.length, 1);
});

test("the checksums include the MD5 where it was requested", async () => {
  const requests = [];
  const open = () => new FakeWorker((message, respond) => {
    if (!message.id) return;
    requests.push(message.md5 === true);
    respond({ id: message.id, digest: new Uint8Array(32).buffer, ...(message.md5 && { md5: new Uint8Array(16).buffer }) });
  });
  const pace = new Pace({ cores: 8 });
  const withoutMd5 = checksumsOf(await new Digester({ sleeper, maxWorkers: 1, pace, open }).digest(slice));
  const withMd5 = checksumsOf(await new Digester({ sleeper, maxWorkers: 1, pace, open, md5: true }).digest(slice));
  assert.deepEqual(requests, [false, true]);
  const sha256 = Buffer.alloc(32).toString("base64");
  assert.deepEqual(withoutMd5, { checksum_sha256: sha256 });
  assert.deepEqual(withMd5, { checksum_sha256: sha256, checksum_md5: Buffer.alloc(16).toString("base64") });
});
