import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { ApiError, NetworkError, StorageError, UnreadableError } from "../../../../static/js/upload/net/errors.js";
import { FileUpload } from "../../../../static/js/upload/engine/file.js";
import { Lanes } from "../../../../static/js/upload/engine/concurrency.js";
import { Line } from "../../../../static/js/upload/engine/bandwidth.js";
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

/** An engine over a line whose every PUT is answered by `answer(url, put)`, and what it did. */
function rig({ answer = async () => {}, lanes = 3, life = 900, sign = async () => {}, line = new Line({ memory: null }) } = {}) {
  const seen = { puts: [], completed: [], most: 0, running: 0, digests: 0, batches: [], checks: [] };
  const api = {
    signParts: async (id, parts) => {
      await sign(id, parts);
      seen.batches.push(parts.length);
      return { expires_in: life, parts: parts.map(({ number }) => ({ number, url: `${id}/${number}`, headers: {} })) };
    },
    signFiles: async (files) => {
      seen.batches.push(files.length);
      const one = async ({ id }) => {
        try {
          await sign(id);
          return { id, url: `${id}/1`, headers: {}, problem: null };
        } catch (error) {
          return { id, url: null, headers: null, problem: { ...error, detail: error.message } };
        }
      };
      return { expires_in: life, files: await Promise.all(files.map(one)) };
    },
    complete: async (id) => seen.completed.push(id),
    completeFiles: async (files) => {
      seen.checks.push(files.length);
      seen.completed.push(...files.map(({ id }) => id));
      return { files: files.map(({ id }) => ({ id, problem: null })) };
    },
  };
  const put = async (request) => {
    seen.puts.push(request.url);
    seen.running += 1;
    seen.most = Math.max(seen.most, seen.running);
    try {
      await pause(1);
      request.signal.throwIfAborted();
      await Promise.race([answer(request.url, seen.puts.filter((url) => url === request.url).length), aborted(request.signal)]);
      request.onProgress(request.blob.size);
    } finally {
      seen.running -= 1;
    }
  };
  const digester = { digest: async () => (seen.digests++, new Uint8Array(32)) };
  const transfer = new Transfer({
    api,
    put,
    digester,
    line,
    lanes: new Lanes({ start: lanes, most: lanes, least: 1 }),
    sleeper: new QuickSleeper(),
  });
  return { transfer, seen };
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

test("each part of each file is sent once, several at a time, never more than the lanes", async () => {
  const { transfer, seen } = rig();
  const files = [upload("a", 95), upload("b", 0), upload("c", 20)];
  transfer.add(files);
  await settled(...files);
  assert.deepEqual(files.map((file) => file.state), ["ready", "ready", "ready"]);
  assert.equal(seen.puts.length, 12);
  assert.equal(new Set(seen.puts).size, 12);
  assert.equal(seen.most, 3);
  assert.deepEqual(seen.completed.sort(), ["a", "b", "c"]);
  assert.deepEqual(files.map((file) => file.sent), [95, 0, 20]);
});

test("URLs are asked for in batches", async () => {
  const { transfer, seen } = rig();
  const file = upload("a", 900);
  transfer.add([file]);
  await settled(file);
  assert.ok(seen.batches.length < 30, `${seen.batches.length} calls for 90 parts`);
  assert.ok(Math.max(...seen.batches) <= 100);
});

test("a cut, a busy storage and a stale URL cost one part each, and the file arrives", async () => {
  const faults = {
    "a/1": new NetworkError("storage"),
    "a/2": new StorageError({ status: 503, code: "SlowDown" }),
    "a/3": new StorageError({ status: 403, code: "AccessDenied" }),
  };
  const { transfer, seen } = rig({
    answer: async (url, attempt) => {
      if (faults[url] && attempt === 1) throw faults[url];
    },
  });
  const file = upload("a", 50);
  transfer.add([file]);
  await settled(file);
  assert.equal(file.state, "ready");
  assert.equal(seen.puts.length, 8);
  assert.equal(seen.digests, 5);
});

test("a refused checksum is computed anew; a part that never matches ends the file, not the others", async () => {
  const { transfer, seen } = rig({
    answer: async (url) => {
      if (url === "a/1") throw new StorageError({ status: 400, code: "BadDigest" });
    },
  });
  const [bad, good] = [upload("a", 10), upload("b", 10)];
  transfer.add([bad, good]);
  await settled(bad, good);
  assert.deepEqual([bad.state, good.state], ["failed", "ready"]);
  assert.equal(bad.error.code, "BadDigest");
  assert.ok(seen.digests > 2 && seen.digests < 9);
});

test("an unreadable file and a refusal to sign end that file at once", async () => {
  const { transfer } = rig({
    answer: async (url) => {
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

test("a URL near its end is not used", async () => {
  let life = 10;
  const { transfer, seen } = rig({ sign: async () => (life += 1) });
  for (const call of ["signParts", "signFiles"]) {
    const wrapped = transfer.api[call];
    transfer.api[call] = async (...asked) => ({ ...(await wrapped(...asked)), expires_in: life > 14 ? 900 : 0 });
  }
  for (const size of [20, 10]) {
    life = 10;
    seen.puts = [];
    seen.batches = [];
    const file = upload(`f${size}`, size);
    transfer.add([file]);
    await settled(file);
    assert.equal(seen.puts.length, size / 10);
    assert.ok(seen.batches.length >= 3);
  }
});

test("URLs that live for seconds only are used all the same", async () => {
  const { transfer, seen } = rig({ life: 6 });
  const file = upload("a", 200);
  transfer.add([file]);
  await settled(file);
  assert.equal(seen.puts.length, 20);
});

/** PUTs that end when the test says so. */
function barrier() {
  const held = [];
  const wait = () =>
    new Promise((resolve) => {
      held.push(resolve);
    });
  return { held, wait, open: () => held.splice(0).forEach((resolve) => resolve()) };
}

test("pause lets what is on its way arrive: nothing is sent twice, and the bar never goes back", async () => {
  const { held, wait, open } = barrier();
  const { transfer, seen } = rig({ answer: wait });
  const [file, other] = [upload("a", 100), upload("b", 100)];
  const sent = [];
  transfer.onChange = () => sent.push(file.sent);
  transfer.add([file, other]);
  while (held.length < 3) await pause(1);
  open();
  while (held.length < 3) await pause(1);
  transfer.pause();
  assert.deepEqual([file.state, file.resent], ["pausing", 0]);
  await pause(10);
  assert.equal(held.length, 3, "nothing begins");
  open();
  while (file.state === "pausing" || other.state === "pausing") await pause(1);
  assert.deepEqual([file.state, other.state, seen.puts.length], ["paused", "paused", 6]);
  assert.deepEqual(sent, sent.toSorted((a, b) => a - b));
  transfer.resume();
  const opening = setInterval(open, 1);
  await settled(file, other);
  clearInterval(opening);
  assert.equal(seen.puts.length, 20);
});

test("a second pause cuts off what is on its way, and says how much of it", async () => {
  const { held, wait, open } = barrier();
  const { transfer } = rig({ answer: wait });
  const file = upload("a", 100);
  transfer.add([file]);
  while (held.length < 3) await pause(1);
  file.progress(file.parts[0], 7);
  transfer.pause();
  assert.equal(file.state, "pausing");
  transfer.pause();
  assert.deepEqual([file.state, file.sent, file.resent], ["paused", 0, 7]);
  transfer.resume();
  const opening = setInterval(open, 1);
  await settled(file);
  clearInterval(opening);
  assert.equal(file.resent, 0);
});

test("who goes on while it is pausing loses nothing, and other files do not wait for one that pauses", async () => {
  const { held, wait, open } = barrier();
  const { transfer, seen } = rig({ answer: wait });
  const [file, other] = [upload("a", 60), upload("b", 60)];
  transfer.add([file, other]);
  while (held.length < 3) await pause(1);
  transfer.pause(file);
  open();
  const opening = setInterval(open, 1);
  await settled(other);
  assert.equal(file.state, "paused");
  transfer.resume(file);
  while (file.stored < 4) await pause(1);
  transfer.pause(file);
  transfer.resume(file);
  await settled(file);
  clearInterval(opening);
  assert.equal(seen.puts.length, 12);
});

test("a part that is cut off while it is pausing is not waited for", async () => {
  const { transfer } = rig({
    answer: async () => {
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

test("bytes on their way are no more than the line may lose", async () => {
  const MIB = 1024 * 1024;
  const { held, wait, open } = barrier();
  const line = new Line({ memory: null });
  const { transfer } = rig({ answer: wait, lanes: 8, line });
  const file = upload("a", 80 * MIB, 5 * MIB);
  transfer.add([file]);
  await pause(20);
  assert.equal(held.length, 1, "of a line that nobody knows, one part is at stake");
  line.arrived(5 * MIB, 4000, 1);
  open();
  line.arrived = () => {};
  await pause(20);
  assert.equal(held.length, 4);
  const opening = setInterval(open, 1);
  await settled(file);
  clearInterval(opening);
});

test("pause stops all, going on sends only the rest", async () => {
  const { transfer, seen } = rig();
  const file = upload("a", 300);
  transfer.add([file]);
  while (file.stored < 5) await pause(1);
  transfer.pause(null, { now: true });
  const stored = file.stored;
  const sent = seen.puts.length;
  await pause(20);
  assert.deepEqual([file.state, seen.puts.length], ["paused", sent]);
  const late = upload("b", 10);
  transfer.add([late]);
  assert.equal(late.state, "paused");
  transfer.resume();
  await settled(file, late);
  assert.ok(stored > 0 && seen.puts.length <= 31 + 3);
});

test("offline starts nothing, online goes on", async () => {
  const { transfer, seen } = rig();
  transfer.online = false;
  const file = upload("a", 30);
  transfer.add([file]);
  await pause(10);
  assert.deepEqual([seen.puts.length, transfer.waiting], [0, true]);
  transfer.online = true;
  await settled(file);
  assert.equal(file.state, "ready");
});

test("a dropped file is neither sent on nor completed", async () => {
  const { transfer, seen } = rig();
  const [gone, kept] = [upload("a", 300), upload("b", 30)];
  transfer.add([gone, kept]);
  while (gone.stored < 2) await pause(1);
  transfer.drop(gone);
  await settled(kept);
  assert.deepEqual(seen.completed, ["b"]);
  assert.ok(seen.puts.filter((url) => url.startsWith("a/")).length < 30);
});

test("a lost answer to the check is asked again", async () => {
  const { transfer } = rig();
  let asked = 0;
  transfer.api.complete = async () => {
    asked += 1;
    if (asked < 3) throw new NetworkError("server");
  };
  const file = upload("a", 20);
  transfer.add([file]);
  await settled(file);
  assert.deepEqual([file.state, asked], ["ready", 3]);
});

test("hundreds of small files are signed and checked by the batch", async () => {
  const { transfer, seen } = rig({ lanes: 8 });
  const files = Array.from({ length: 500 }, (_, index) => upload(`f${index}`, index % 10));
  transfer.add(files);
  await settled(...files);
  assert.ok(files.every((file) => file.state === "ready"));
  assert.equal(new Set(seen.completed).size, 500);
  assert.equal(seen.puts.length, 450);
  assert.ok(seen.batches.length < 40 && Math.max(...seen.batches) <= 100, `${seen.batches}`);
  assert.ok(seen.checks.length < 40 && Math.max(...seen.checks) <= 100, `${seen.checks.length}`);
});

test("what one small file lacks does not touch the others, nor what passes by itself", async () => {
  const { transfer } = rig();
  const problem = (code, status) => ({ status, code, detail: code, retry_after: null });
  let tries = 0;
  transfer.api.completeFiles = async (files) => ({
    files: files.map(({ id }) => {
      if (id === "bad") return { id, problem: problem("invalid", 422) };
      if (id === "slow" && tries++ < 2) return { id, problem: problem("storage-unavailable", 503) };
      return { id, problem: null };
    }),
  });
  const files = ["bad", "slow", "good"].map((id) => upload(id, 5));
  transfer.add(files);
  await settled(...files);
  assert.deepEqual(files.map((file) => file.state), ["failed", "ready", "ready"]);
  assert.deepEqual([files[0].error.code, tries], ["invalid", 3]);
});

test("canceling one small file leaves the batch it was in alone", async () => {
  const { transfer } = rig();
  const gate = {};
  const { signFiles } = transfer.api;
  transfer.api.signFiles = async (files) => {
    await new Promise((resolve) => {
      gate.open = resolve;
    });
    return signFiles(files);
  };
  const files = ["a", "b", "c"].map((id) => upload(id, 5));
  transfer.add(files);
  while (!gate.open) await pause(1);
  transfer.drop(files[0]);
  transfer.api.signFiles = signFiles;
  gate.open();
  await settled(...files);
  assert.deepEqual(files.map((file) => file.state), ["canceled", "ready", "ready"]);
});

test("parts that the storage lost are sent again, the others are not", async () => {
  const { transfer, seen } = rig();
  let asked = 0;
  transfer.api.complete = async () => {
    asked += 1;
    if (asked === 1) throw new ApiError({ status: 409, code: "not-ready", detail: "1 of 3 parts has not arrived: 2." });
  };
  transfer.api.upload = async (id) => ({ id, state: "uploading", size: 30, part_size: 10, parts: [{ number: 1 }, { number: 3 }] });
  const file = upload("a", 30);
  transfer.add([file]);
  await settled(file);
  assert.deepEqual([file.state, file.sent, seen.puts.sort()], ["ready", 30, ["a/1", "a/2", "a/2", "a/3"]]);
});
