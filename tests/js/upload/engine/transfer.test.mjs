import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { ApiError, NetworkError, StorageError, UnreadableError } from "../../../../static/js/upload/net/errors.js";
import { FileUpload } from "../../../../static/js/upload/engine/file-upload.js";
import { Concurrency } from "../../../../static/js/upload/engine/concurrency.js";
import { Bandwidth } from "../../../../static/js/upload/engine/bandwidth.js";
import { Sleeper } from "../../../../static/js/upload/net/retry.js";
import { Transfer } from "../../../../static/js/upload/engine/transfer.js";

class QuickSleeper extends Sleeper {
  sleep(ms, signal) {
    return super.sleep(Math.min(ms, 1), signal);
  }
}

const aborted = (signal) =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });

/** An engine whose PUTs `respond(url, attempt)` ends, and the calls that it made. */
function setup({ respond = async () => {}, maxParts = 3, urlSeconds = 900, sign = async () => {}, bandwidth = new Bandwidth({ storage: null }) } = {}) {
  const calls = { puts: [], completed: [], maxRunning: 0, running: 0, digests: 0, batches: [], completionBatches: [] };
  const api = {
    signParts: async (id, parts) => {
      await sign(id, parts);
      calls.batches.push(parts.length);
      return { expires_in: urlSeconds, parts: parts.map(({ number }) => ({ number, url: `${id}/${number}`, headers: {} })) };
    },
    signFiles: async (files) => {
      calls.batches.push(files.length);
      const signFile = async ({ id }) => {
        try {
          await sign(id);
          return { id, url: `${id}/1`, headers: {}, problem: null };
        } catch (error) {
          return { id, url: null, headers: null, problem: { ...error, detail: error.message } };
        }
      };
      return { expires_in: urlSeconds, files: await Promise.all(files.map(signFile)) };
    },
    complete: async (id) => calls.completed.push(id),
    completeFiles: async (files) => {
      calls.completionBatches.push(files.length);
      calls.completed.push(...files.map(({ id }) => id));
      return { files: files.map(({ id }) => ({ id, problem: null })) };
    },
  };
  const put = async (request) => {
    calls.puts.push(request.url);
    calls.running += 1;
    calls.maxRunning = Math.max(calls.maxRunning, calls.running);
    try {
      await pause(1);
      request.signal.throwIfAborted();
      await Promise.race([respond(request.url, calls.puts.filter((url) => url === request.url).length), aborted(request.signal)]);
      request.onProgress(request.blob.size);
    } finally {
      calls.running -= 1;
    }
  };
  const digester = { digest: async () => (calls.digests++, new Uint8Array(32)) };
  const transfer = new Transfer({
    api,
    put,
    digester,
    bandwidth,
    concurrency: new Concurrency({ start: maxParts, max: maxParts, min: 1 }),
    sleeper: new QuickSleeper(),
  });
  return { transfer, calls };
}

const upload = (id, size, partSize = 10) => {
  const file = new FileUpload({ key: id, file: new File([new Uint8Array(size)], `${id}.bin`) });
  file.open({ id, partSize });
  return file;
};

const settled = async (...files) => {
  for (let turn = 0; turn < 2000; turn += 1) {
    if (files.every((file) => file.settled)) return;
    await pause(1);
  }
  assert.fail(`still ${files.map((file) => file.state)}`);
};

test("each part of each file is sent once, and never more at a time than allowed", async () => {
  const { transfer, calls } = setup();
  const files = [upload("a", 95), upload("b", 0), upload("c", 20)];
  transfer.add(files);
  await settled(...files);
  assert.deepEqual(files.map((file) => file.state), ["ready", "ready", "ready"]);
  assert.equal(calls.puts.length, 12);
  assert.equal(new Set(calls.puts).size, 12);
  assert.equal(calls.maxRunning, 3);
  assert.deepEqual(calls.completed.sort(), ["a", "b", "c"]);
  assert.deepEqual(files.map((file) => file.sentBytes), [95, 0, 20]);
});

test("URLs are requested in batches", async () => {
  const { transfer, calls } = setup();
  const file = upload("a", 900);
  transfer.add([file]);
  await settled(file);
  assert.ok(calls.batches.length < 30, `${calls.batches.length} calls for 90 parts`);
  assert.ok(Math.max(...calls.batches) <= 100);
});

test("a network error, a busy storage and a stale URL cost one PUT each, and the file arrives", async () => {
  const errors = {
    "a/1": new NetworkError("storage"),
    "a/2": new StorageError({ status: 503, code: "SlowDown" }),
    "a/3": new StorageError({ status: 403, code: "AccessDenied" }),
  };
  const { transfer, calls } = setup({
    respond: async (url, attempt) => {
      if (errors[url] && attempt === 1) throw errors[url];
    },
  });
  const file = upload("a", 50);
  transfer.add([file]);
  await settled(file);
  assert.equal(file.state, "ready");
  assert.equal(calls.puts.length, 8);
  assert.equal(calls.digests, 5);
});

test("a refused checksum is computed again; a part that never matches fails its file, not the others", async () => {
  const { transfer, calls } = setup({
    respond: async (url) => {
      if (url === "a/1") throw new StorageError({ status: 400, code: "BadDigest" });
    },
  });
  const [bad, good] = [upload("a", 10), upload("b", 10)];
  transfer.add([bad, good]);
  await settled(bad, good);
  assert.deepEqual([bad.state, good.state], ["failed", "ready"]);
  assert.equal(bad.error.code, "BadDigest");
  assert.ok(calls.digests > 2 && calls.digests < 9);
});

test("an unreadable file, and one whose URL is refused, fail immediately", async () => {
  const { transfer } = setup({
    respond: async (url) => {
      if (url.startsWith("a/")) throw new UnreadableError();
    },
    sign: async (id) => {
      if (id === "b") throw new ApiError({ status: 410, code: "removed", detail: "gone" });
    },
  });
  const files = [upload("a", 30), upload("b", 30), upload("c", 30)];
  transfer.add(files);
  await settled(...files);
  assert.deepEqual(files.map((file) => file.state), ["failed", "failed", "ready"]);
});

test("a URL that expires soon is not used", async () => {
  let urlSeconds = 10;
  const { transfer, calls } = setup({ sign: async () => (urlSeconds += 1) });
  for (const call of ["signParts", "signFiles"]) {
    const wrapped = transfer.api[call];
    transfer.api[call] = async (...requests) => ({ ...(await wrapped(...requests)), expires_in: urlSeconds > 14 ? 900 : 0 });
  }
  for (const size of [20, 10]) {
    urlSeconds = 10;
    calls.puts = [];
    calls.batches = [];
    const file = upload(`f${size}`, size);
    transfer.add([file]);
    await settled(file);
    assert.equal(calls.puts.length, size / 10);
    assert.ok(calls.batches.length >= 3);
  }
});

test("URLs that are valid for seconds only are used", async () => {
  const { transfer, calls } = setup({ urlSeconds: 6 });
  const file = upload("a", 200);
  transfer.add([file]);
  await settled(file);
  assert.equal(calls.puts.length, 20);
});

/** PUTs that end when the test opens the barrier. */
function barrier() {
  const waitingPuts = [];
  const wait = () =>
    new Promise((resolve) => {
      waitingPuts.push(resolve);
    });
  return { waitingPuts, wait, open: () => waitingPuts.splice(0).forEach((resolve) => resolve()) };
}

test("a pause lets parts in flight arrive: nothing is sent twice, and progress never goes back", async () => {
  const { waitingPuts, wait, open } = barrier();
  const { transfer, calls } = setup({ respond: wait });
  const [file, secondFile] = [upload("a", 100), upload("b", 100)];
  const progress = [];
  transfer.onChange = () => progress.push(file.sentBytes);
  transfer.add([file, secondFile]);
  while (waitingPuts.length < 3) await pause(1);
  open();
  while (waitingPuts.length < 3) await pause(1);
  transfer.pause();
  assert.deepEqual([file.state, file.resentBytes], ["pausing", 0]);
  await pause(10);
  assert.equal(waitingPuts.length, 3, "no part starts");
  open();
  while (file.state === "pausing" || secondFile.state === "pausing") await pause(1);
  assert.deepEqual([file.state, secondFile.state, calls.puts.length], ["paused", "paused", 6]);
  assert.deepEqual(progress, progress.toSorted((a, b) => a - b));
  transfer.resume();
  const opening = setInterval(open, 1);
  await settled(file, secondFile);
  clearInterval(opening);
  assert.equal(calls.puts.length, 20);
});

test("a second pause cuts parts in flight off, and counts their bytes", async () => {
  const { waitingPuts, wait, open } = barrier();
  const { transfer } = setup({ respond: wait });
  const file = upload("a", 100);
  transfer.add([file]);
  while (waitingPuts.length < 3) await pause(1);
  file.progress(file.parts[0], 7);
  transfer.pause();
  assert.equal(file.state, "pausing");
  transfer.pause();
  assert.deepEqual([file.state, file.sentBytes, file.resentBytes], ["paused", 0, 7]);
  transfer.resume();
  const opening = setInterval(open, 1);
  await settled(file);
  clearInterval(opening);
  assert.equal(file.resentBytes, 0);
});

test("resuming while parts are in flight loses nothing, and files do not wait for another that pauses", async () => {
  const { waitingPuts, wait, open } = barrier();
  const { transfer, calls } = setup({ respond: wait });
  const [file, secondFile] = [upload("a", 60), upload("b", 60)];
  transfer.add([file, secondFile]);
  while (waitingPuts.length < 3) await pause(1);
  transfer.pause(file);
  open();
  const opening = setInterval(open, 1);
  await settled(secondFile);
  assert.equal(file.state, "paused");
  transfer.resume(file);
  while (file.storedCount < 4) await pause(1);
  transfer.pause(file);
  transfer.resume(file);
  await settled(file);
  clearInterval(opening);
  assert.equal(calls.puts.length, 12);
});

test("a part that fails while its file pauses is not retried", async () => {
  const { transfer } = setup({
    respond: async () => {
      await pause(2);
      throw new NetworkError("storage");
    },
  });
  const file = upload("a", 60);
  transfer.add([file]);
  await pause(5);
  transfer.pause();
  while (file.state === "pausing") await pause(1);
  assert.equal(file.state, "paused");
});

test("the bytes in flight are limited by the bandwidth", async () => {
  const MIB = 1024 * 1024;
  const { waitingPuts, wait, open } = barrier();
  const bandwidth = new Bandwidth({ storage: null });
  const { transfer } = setup({ respond: wait, maxParts: 8, bandwidth });
  const file = upload("a", 80 * MIB, 5 * MIB);
  transfer.add([file]);
  while (waitingPuts.length < 1) await pause(1);
  await pause(20);
  assert.equal(waitingPuts.length, 1, "one part while the rate is unknown");
  bandwidth.addArrival(5 * MIB, 4000, 1);
  open();
  bandwidth.addArrival = () => {};
  while (waitingPuts.length < 4) await pause(1);
  await pause(20);
  assert.equal(waitingPuts.length, 4);
  const opening = setInterval(open, 1);
  await settled(file);
  clearInterval(opening);
});

test("an immediate pause stops everything, and resuming sends only the rest", async () => {
  const { transfer, calls } = setup();
  const file = upload("a", 300);
  transfer.add([file]);
  while (file.storedCount < 5) await pause(1);
  transfer.pause(null, { now: true });
  const { storedCount } = file;
  const putCount = calls.puts.length;
  await pause(20);
  assert.deepEqual([file.state, calls.puts.length], ["paused", putCount]);
  const addedFile = upload("b", 10);
  transfer.add([addedFile]);
  assert.equal(addedFile.state, "paused");
  transfer.resume();
  await settled(file, addedFile);
  assert.ok(storedCount > 0 && calls.puts.length <= 31 + 3);
});

test("offline no part starts, and online the upload continues", async () => {
  const { transfer, calls } = setup();
  transfer.online = false;
  const file = upload("a", 30);
  transfer.add([file]);
  await pause(10);
  assert.deepEqual([calls.puts.length, transfer.waiting], [0, true]);
  transfer.online = true;
  await settled(file);
  assert.equal(file.state, "ready");
});

test("a dropped file is neither sent on nor completed", async () => {
  const { transfer, calls } = setup();
  const [droppedFile, remainingFile] = [upload("a", 300), upload("b", 30)];
  transfer.add([droppedFile, remainingFile]);
  while (droppedFile.storedCount < 2) await pause(1);
  transfer.drop(droppedFile);
  await settled(remainingFile);
  assert.deepEqual(calls.completed, ["b"]);
  assert.ok(calls.puts.filter((url) => url.startsWith("a/")).length < 30);
});

test("a completion whose response is lost is requested again", async () => {
  const { transfer } = setup();
  let requests = 0;
  transfer.api.complete = async () => {
    requests += 1;
    if (requests < 3) throw new NetworkError("server");
  };
  const file = upload("a", 20);
  transfer.add([file]);
  await settled(file);
  assert.deepEqual([file.state, requests], ["ready", 3]);
});

test("hundreds of small files are signed and completed in batches", async () => {
  const { transfer, calls } = setup({ maxParts: 8 });
  const files = Array.from({ length: 500 }, (_, index) => upload(`f${index}`, index % 10));
  transfer.add(files);
  await settled(...files);
  assert.ok(files.every((file) => file.state === "ready"));
  assert.equal(new Set(calls.completed).size, 500);
  assert.equal(calls.puts.length, 450);
  assert.ok(calls.batches.length < 40 && Math.max(...calls.batches) <= 100, `${calls.batches}`);
  assert.ok(calls.completionBatches.length < 40 && Math.max(...calls.completionBatches) <= 100, `${calls.completionBatches.length}`);
});

test("the problem of a small file does not affect the others, and one that passes by itself is retried", async () => {
  const { transfer } = setup();
  const problem = (code, status) => ({ status, code, detail: code, retry_after: null });
  let attempts = 0;
  transfer.api.completeFiles = async (files) => ({
    files: files.map(({ id }) => {
      if (id === "bad") return { id, problem: problem("invalid", 422) };
      if (id === "slow" && attempts++ < 2) return { id, problem: problem("storage-unavailable", 503) };
      return { id, problem: null };
    }),
  });
  const files = ["bad", "slow", "good"].map((id) => upload(id, 5));
  transfer.add(files);
  await settled(...files);
  assert.deepEqual(files.map((file) => file.state), ["failed", "ready", "ready"]);
  assert.deepEqual([files[0].error.code, attempts], ["invalid", 3]);
});

test("canceling a small file does not affect the others of its batch", async () => {
  const { transfer } = setup();
  const latch = {};
  const { signFiles } = transfer.api;
  transfer.api.signFiles = async (files) => {
    await new Promise((resolve) => {
      latch.open = resolve;
    });
    return signFiles(files);
  };
  const files = ["a", "b", "c"].map((id) => upload(id, 5));
  transfer.add(files);
  while (!latch.open) await pause(1);
  transfer.drop(files[0]);
  transfer.api.signFiles = signFiles;
  latch.open();
  await settled(...files);
  assert.deepEqual(files.map((file) => file.state), ["canceled", "ready", "ready"]);
});

test("only parts that the storage has lost are sent again", async () => {
  const { transfer, calls } = setup();
  let requests = 0;
  transfer.api.complete = async () => {
    requests += 1;
    if (requests === 1) throw new ApiError({ status: 409, code: "not-ready", detail: "1 of 3 parts has not arrived: 2." });
  };
  transfer.api.upload = async (id) => ({ id, state: "uploading", size: 30, part_size: 10, parts: [{ number: 1 }, { number: 3 }] });
  const file = upload("a", 30);
  transfer.add([file]);
  await settled(file);
  assert.deepEqual([file.state, file.sentBytes, calls.puts.sort()], ["ready", 30, ["a/1", "a/2", "a/2", "a/3"]]);
});
