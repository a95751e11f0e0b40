import assert from "node:assert/strict";
import { test } from "node:test";
import { Api, requestKey } from "../../../../static/js/upload/net/api.js";
import { ApiError, NetworkError } from "../../../../static/js/upload/net/errors.js";
import { FileUpload } from "../../../../static/js/upload/engine/file-upload.js";
import { Sleeper } from "../../../../static/js/upload/net/retry.js";
import { OutgoingShare } from "../../../../static/js/upload/share/outgoing-share.js";

class QuickSleeper extends Sleeper {
  sleep(ms, signal) {
    return super.sleep(Math.min(ms, 1), signal);
  }
}

const files = (...names) => names.map((name) => new FileUpload({ key: name, file: new File(["x"], name) }));

/** A share over a server that executes each request, and whose response arrives for each third one only. */
function setup({ isLost = (count) => count % 3 !== 0 } = {}) {
  const calls = [];
  const responses = new Map();
  let title = 0;
  const call = (name) => async (...body) => {
    const { key } = body.pop();
    calls.push({ name, key, body: JSON.stringify(body) });
    const declared = body.at(-1).files ?? body.at(-1);
    if (!responses.has(key)) responses.set(key, { id: "s", files: declared.map((_, n) => ({ id: `${key}${n}`, part_size: 10 })) });
    if (isLost(calls.length)) throw new NetworkError("server");
    return responses.get(key);
  };
  const events = { created: [], files: [], refusals: [] };
  const share = new OutgoingShare({
    api: { createShare: call("create"), addFiles: call("add") },
    sleeper: new QuickSleeper(),
    options: () => ({ title: `title ${(title += 1)}` }),
    onCreated: (_share, selectedOptions) => events.created.push(selectedOptions),
    onSlots: (slotFiles) => events.files.push(...slotFiles),
    onRefused: (refusedFiles, error) => events.refusals.push({ refusedFiles, error }),
  });
  return { share, calls, responses, events };
}

test("a request whose response is lost is repeated unchanged, under the same key", async () => {
  const { share, calls, responses, events } = setup();
  await share.add(files("a", "b"));
  await share.add(files("c"));
  assert.deepEqual(calls.map(({ name }) => name), ["create", "create", "create", "add", "add", "add"]);
  assert.equal(new Set(calls.slice(0, 3).map((request) => JSON.stringify(request))).size, 1);
  assert.equal(new Set(calls.slice(3).map((request) => JSON.stringify(request))).size, 1);
  assert.equal(responses.size, 2);
  assert.equal(events.files.length, 3);
  assert.deepEqual(events.created, [{ title: "title 1" }]);
});

test("the halves of a refused batch are requests of their own", async () => {
  const { share, calls, events } = setup({ isLost: () => false });
  const { createShare } = share.api;
  share.api.createShare = async (body, options) => {
    if (body.files.length > 1) throw new ApiError({ status: 413, code: "too-large", detail: "no" });
    return createShare(body, options);
  };
  await share.add(files("a", "b"));
  assert.equal(events.files.length, 2);
  assert.equal(new Set(calls.map(({ key }) => key)).size, 2);
});

test("the key is sent as a header, and only where there is one", async () => {
  const keys = [];
  const fetch = async (url, request) => {
    keys.push(request.headers["Idempotency-Key"]);
    return Response.json({});
  };
  const api = new Api({ base: "/api/v1", session: { csrf: "", recover: async () => false }, fetch });
  await api.addFiles("s", [], { key: "one" });
  await api.editShare("s", {});
  assert.deepEqual(keys, ["one", undefined]);
  assert.match(requestKey(), /^[0-9a-f]{32}$/);
  assert.notEqual(requestKey(), requestKey());
});
