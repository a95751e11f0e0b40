import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, NetworkError, StorageError, UnreadableError, recoveryFor, messageFor } from "../../../../static/js/upload/net/errors.js";
import { MAX_WAIT_MS, OUTAGE_BUDGET_MS, Outage, Sleeper, backoff, retry, retryAfterSeconds } from "../../../../static/js/upload/net/retry.js";

test("waits double, are spread, and stop growing", () => {
  const least = [1, 2, 3, 4].map((attempt) => backoff(attempt, { random: () => 0 }));
  assert.deepEqual(least, [250, 500, 1000, 2000]);
  assert.equal(backoff(1, { random: () => 1 }), 500);
  assert.equal(backoff(60, { random: () => 1 }), MAX_WAIT_MS);
});

test("a server's Retry-After is a floor, within reason", () => {
  assert.equal(backoff(1, { random: () => 0, retryAfter: 7 }), 7000);
  assert.equal(backoff(1, { random: () => 0, retryAfter: 86400 }), 120_000);
  assert.equal(retryAfterSeconds("12"), 12);
  assert.equal(retryAfterSeconds("Sun, 22 Nov 2026 12:00:10 GMT", Date.parse("2026-11-22T12:00:00Z")), 10);
  assert.equal(retryAfterSeconds(null), null);
  assert.equal(retryAfterSeconds("soon"), null);
});

test("the outage budget is at least ten minutes and starts anew after a success", () => {
  assert.ok(OUTAGE_BUDGET_MS >= 10 * 60_000);
  const outage = new Outage();
  assert.equal(outage.fail(0), true);
  assert.equal(outage.fail(10 * 60_000), true);
  assert.equal(outage.fail(OUTAGE_BUDGET_MS), false);
  outage.clear();
  assert.equal(outage.fail(OUTAGE_BUDGET_MS), true);
});

test("good news wakes all who wait; an abort ends a wait with its reason", async () => {
  const sleeper = new Sleeper();
  const sleeping = [sleeper.sleep(60_000), sleeper.sleep(60_000)];
  assert.equal(sleeper.count, 2);
  sleeper.wake();
  await Promise.all(sleeping);
  assert.equal(sleeper.count, 0);
  const abort = new AbortController();
  const cut = sleeper.sleep(60_000, abort.signal);
  abort.abort(new DOMException("paused", "AbortError"));
  await assert.rejects(cut, { name: "AbortError" });
});

test("a retry repeats what time can cure and nothing else", async () => {
  const sleeper = { sleep: async () => {} };
  let calls = 0;
  const answer = await retry(
    async () => {
      calls += 1;
      if (calls === 1) throw new NetworkError("server");
      if (calls === 2) throw new ApiError({ status: 503, code: "busy", detail: "busy", retryAfter: 1 });
      return "done";
    },
    { sleeper },
  );
  assert.deepEqual([answer, calls], ["done", 3]);
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

test("each failure has its recovery", () => {
  const storage = (status, code) => recoveryFor(new StorageError({ status, code }));
  assert.equal(storage(503, "SlowDown"), "again");
  assert.equal(storage(500, "InternalError"), "again");
  assert.equal(storage(403, "AccessDenied"), "sign");
  assert.equal(storage(400, "BadDigest"), "digest");
  assert.equal(storage(404, "NoSuchUpload"), "stop");
  assert.equal(storage(413, "HTTP 413"), "stop");
  assert.equal(recoveryFor(new NetworkError("storage")), "again");
  assert.equal(recoveryFor(new ApiError({ status: 422, code: "invalid", detail: "no" })), "stop");
  assert.equal(recoveryFor(new UnreadableError()), "stop");
  assert.equal(recoveryFor(new TypeError("a bug")), "stop");
});

test("every failure has a message without a status code", () => {
  const failures = [403, 404, 413, 500, 507].map((status) => new StorageError({ status, code: `HTTP ${status}` }));
  for (const failure of [...failures, new NetworkError("storage"), new UnreadableError(), new TypeError("x")]) {
    assert.match(messageFor(failure), /^[A-Z].*\.$/);
    assert.doesNotMatch(messageFor(failure), /\d{3}/);
  }
});
