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

/** A share over a server that hears every request and answers only each third one. */
function setup({ lose = (count) => count % 3 !== 0 } = {}) {
  const calls = [];
  const answers = new Map();
  let title = 0;
  const call = (name) => async (...body) => {
    const { key } = body.pop();
    calls.push({ name, key, body: JSON.stringify(body) });
    const declared = body.at(-1).files ?? body.at(-1);
    if (!answers.has(key)) answers.set(key, { id: "s", files: declared.map((_, n) => ({ id: `${key}${n}`, part_size: 10 })) });
    if (lose(calls.length)) throw new NetworkError("server");
    return answers.get(key);
  };
  const events = { created: [], placed: [], refused: [] };
  const share = new OutgoingShare({
    api: { createShare: call("create"), addFiles: call("add") },
    sleeper: new QuickSleeper(),
    options: () => ({ title: `title ${(title += 1)}` }),
    onCreated: (answer, selectedOptions) => events.created.push(selectedOptions),
    onPlaced: (placed) => events.placed.push(...placed),
    onRefused: (refused, error) => events.refused.push({ refused, error }),
  });
  return { share, calls, answers, events };
}

test("a request whose answer is lost says exactly the same again, under the same key", async () => {
  const { share, calls, answers, events } = setup();
  await share.add(files("a", "b"));
  await share.add(files("c"));
  assert.deepEqual(calls.map(({ name }) => name), ["create", "create", "create", "add", "add", "add"]);
  assert.equal(new Set(calls.slice(0, 3).map((request) => JSON.stringify(request))).size, 1);
  assert.equal(new Set(calls.slice(3).map((request) => JSON.stringify(request))).size, 1);
  assert.equal(answers.size, 2);
  assert.equal(events.placed.length, 3);
  assert.deepEqual(events.created, [{ title: "title 1" }]);
});

test("batches that are halved after a refusal are other requests", async () => {
  const { share, calls, events } = setup({ lose: () => false });
  const real = share.api.createShare;
  share.api.createShare = async (body, options) => {
    if (body.files.length > 1) throw new ApiError({ status: 413, code: "too-large", detail: "no" });
    return real(body, options);
  };
  await share.add(files("a", "b"));
  assert.equal(events.placed.length, 2);
  assert.equal(new Set(calls.map(({ key }) => key)).size, 2);
});

test("the key goes out as a header, and only where there is one", async () => {
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
