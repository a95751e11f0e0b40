import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, NetworkError, StorageError, UnreadableError, recoveryFor, messageFor } from "../../../../static/js/upload/net/errors.js";
import { MAX_WAIT_MS, OUTAGE_BUDGET_MS, Outage, Sleeper, backoff, rateLimitWait, retry, retryAfterSeconds } from "../../../../static/js/upload/net/retry.js";

test("waits double up to a maximum, with jitter", () => {
  const shortest = [1, 2, 3, 4].map((attempt) => backoff(attempt, { random: () => 0 }));
  assert.deepEqual(shortest, [250, 500, 1000, 2000]);
  assert.equal(backoff(1, { random: () => 1 }), 500);
  assert.equal(backoff(60, { random: () => 1 }), MAX_WAIT_MS);
});

test("Retry-After is the shortest wait, up to two minutes", () => {
  assert.equal(backoff(1, { random: () => 0, retryAfter: 7 }), 7000);
  assert.equal(backoff(1, { random: () => 0, retryAfter: 86400 }), 120_000);
  assert.equal(retryAfterSeconds("12"), 12);
  assert.equal(retryAfterSeconds("Sun, 22 Nov 2026 12:00:10 GMT", Date.parse("2026-11-22T12:00:00Z")), 10);
  assert.equal(retryAfterSeconds(null), null);
  assert.equal(retryAfterSeconds("soon"), null);
});

test("the outage budget is at least ten minutes and restarts after a success", () => {
  assert.ok(OUTAGE_BUDGET_MS >= 10 * 60_000);
  const outage = new Outage();
  assert.equal(outage.recordFailure(0), true);
  assert.equal(outage.recordFailure(10 * 60_000), true);
  assert.equal(outage.recordFailure(OUTAGE_BUDGET_MS), false);
  outage.reset();
  assert.equal(outage.recordFailure(OUTAGE_BUDGET_MS), true);
});

test("wake ends all sleeps; an abort rejects a sleep with its reason", async () => {
  const sleeper = new Sleeper();
  const sleeping = [sleeper.sleep(60_000), sleeper.sleep(60_000)];
  assert.equal(sleeper.count, 2);
  sleeper.wake();
  await Promise.all(sleeping);
  assert.equal(sleeper.count, 0);
  const abort = new AbortController();
  const abortedSleep = sleeper.sleep(60_000, abort.signal);
  abort.abort(new DOMException("paused", "AbortError"));
  await assert.rejects(abortedSleep, { name: "AbortError" });
});

test("retry repeats after errors that pass, and after no others", async () => {
  const sleeper = { sleep: async () => {} };
  let calls = 0;
  const result = await retry(
    async () => {
      calls += 1;
      if (calls === 1) throw new NetworkError("server");
      if (calls === 2) throw new ApiError({ status: 503, code: "busy", detail: "busy", retryAfter: 1 });
      return "done";
    },
    { sleeper },
  );
  assert.deepEqual([result, calls], ["done", 3]);
  calls = 0;
  const refusal = retry(
    async () => {
      calls += 1;
      throw new ApiError({ status: 413, code: "quota-exceeded", detail: "full" });
    },
    { sleeper },
  );
  await assert.rejects(refusal, { code: "quota-exceeded" });
  assert.equal(calls, 1);
});

test("a rate limit is waited for as long as the server states, however often, and spends no budget", async () => {
  assert.equal(rateLimitWait(3600, { random: () => 0 }), 3_600_000);
  assert.equal(rateLimitWait(10, { random: () => 1 }), 11_000);
  assert.equal(rateLimitWait(null, { random: () => 0 }), 1000);
  const sleepTimes = [];
  const limit = new ApiError({ status: 429, code: "too-many-requests", detail: "Wait.", retryAfter: 3600 });
  const result = await retry(
    async () => {
      if (sleepTimes.length < 50) throw limit;
      return "done";
    },
    { sleeper: { sleep: async (ms) => sleepTimes.push(ms) }, outage: new Outage(0) },
  );
  assert.equal(result, "done");
  assert.equal(sleepTimes.length, 50);
  assert.ok(sleepTimes.every((ms) => ms >= 3_600_000));
});

test("each error has its recovery", () => {
  const storage = (status, code) => recoveryFor(new StorageError({ status, code }));
  assert.equal(storage(503, "SlowDown"), "retry");
  assert.equal(storage(500, "InternalError"), "retry");
  assert.equal(storage(403, "AccessDenied"), "sign");
  assert.equal(storage(400, "BadDigest"), "digest");
  assert.equal(storage(404, "NoSuchUpload"), "stop");
  assert.equal(storage(413, "HTTP 413"), "stop");
  assert.equal(recoveryFor(new NetworkError("storage")), "retry");
  assert.equal(recoveryFor(new ApiError({ status: 422, code: "invalid", detail: "no" })), "stop");
  assert.equal(recoveryFor(new UnreadableError()), "stop");
  assert.equal(recoveryFor(new TypeError("a bug")), "stop");
});

test("every error has a message without a status code", () => {
  const storageErrors = [403, 404, 413, 500, 507].map((status) => new StorageError({ status, code: `HTTP ${status}` }));
  for (const error of [...storageErrors, new NetworkError("storage"), new UnreadableError(), new TypeError("x")]) {
    assert.match(messageFor(error), /^[A-Z].*\.$/);
    assert.doesNotMatch(messageFor(error), /\d{3}/);
  }
});
