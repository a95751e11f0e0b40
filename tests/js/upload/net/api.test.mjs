import assert from "node:assert/strict";
import { test } from "node:test";
import { Api } from "../../../../static/js/upload/net/api.js";
import { retry } from "../../../../static/js/upload/net/retry.js";

const problem = (status, code, headers = {}) =>
  new Response(JSON.stringify({ status, code, detail: "Wait." }), { status, headers: { "Content-Type": "application/problem+json", ...headers } });

/** An API whose requests get `responses` in order, and the changes of the rate limit that it reported. */
function setup(responses) {
  const changes = [];
  const api = new Api({
    base: "/api/v1",
    session: { csrf: "x", recover: async () => false },
    onRateLimit: (isLimited) => changes.push(isLimited),
    fetch: async () => responses.shift(),
  });
  return { api, changes };
}

test("a rate limit is reported, waited for by its Retry-After, and its end is reported", async () => {
  const signedFiles = { files: [], expires_in: 900 };
  const limit = () => problem(429, "too-many-requests", { "Retry-After": "12" });
  const { api, changes } = setup([limit(), limit(), Response.json(signedFiles), Response.json(signedFiles)]);
  const sleepTimes = [];
  const sleeper = { sleep: async (ms) => sleepTimes.push(ms) };
  assert.deepEqual(await retry(() => api.signFiles([]), { sleeper }), signedFiles);
  assert.ok(sleepTimes.length === 2 && sleepTimes.every((ms) => ms >= 12_000 && ms <= 13_200), sleepTimes.join());
  await api.signFiles([]);
  assert.deepEqual(changes, [true, true, false]);
});

test("other refusals report no rate limit", async () => {
  const { api, changes } = setup([problem(429, "too-many-tries", { "Retry-After": "12" }), problem(503, "busy")]);
  await assert.rejects(api.signFiles([]), { code: "too-many-tries", retryAfter: 12 });
  await assert.rejects(api.signFiles([]), { code: "busy" });
  assert.deepEqual(changes, []);
});
