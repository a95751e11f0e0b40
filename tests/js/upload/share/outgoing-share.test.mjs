import assert from "node:assert/strict";
import { test } from "node:test";
import { Api, requestKey } from "../../../../static/js/upload/net/api.js";
import { ApiError, NetworkError } from "../../../../static/js/upload/net/errors.js";
import { FileUpload } from "../../../../static/js/upload/engine/file.js";
import { Sleeper } from "../../../../static/js/upload/net/retry.js";
import { OutgoingShare } from "../../../../static/js/upload/share/outgoing-share.js";

class QuickSleeper extends Sleeper {
  sleep(ms, signal) {
    return super.sleep(Math.min(ms, 1), signal);
  }
}

const files = (...names) => names.map((name) => new FileUpload({ key: name, file: new File(["x"], name) }));

/** A share over a server that hears every request and answers only each third one. */
function rig({ lose = (count) => count % 3 !== 0 } = {}) {
  const seen = [];
  const made = new Map();
  let title = 0;
  const call = (name) => async (...said) => {
    const { key } = said.pop();
    seen.push({ name, key, said: JSON.stringify(said) });
    const declared = said.at(-1).files ?? said.at(-1);
    if (!made.has(key)) made.set(key, { id: "s", files: declared.map((_, n) => ({ id: `${key}${n}`, part_size: 10 })) });
    if (lose(seen.length)) throw new NetworkError("server");
    return made.get(key);
  };
  const told = { created: [], placed: [], refused: [] };
  const share = new OutgoingShare({
    api: { createShare: call("create"), addFiles: call("add") },
    sleeper: new QuickSleeper(),
    options: () => ({ title: `title ${(title += 1)}` }),
    onCreated: (answer, chosen) => told.created.push(chosen),
    onPlaced: (placed) => told.placed.push(...placed),
    onRefused: (refused, error) => told.refused.push({ refused, error }),
  });
  return { share, seen, made, told };
}

test("a request whose answer is lost says exactly the same again, under the same key", async () => {
  const { share, seen, made, told } = rig();
  await share.add(files("a", "b"));
  await share.add(files("c"));
  assert.deepEqual(seen.map(({ name }) => name), ["create", "create", "create", "add", "add", "add"]);
  assert.equal(new Set(seen.slice(0, 3).map((one) => JSON.stringify(one))).size, 1);
  assert.equal(new Set(seen.slice(3).map((one) => JSON.stringify(one))).size, 1);
  assert.equal(made.size, 2);
  assert.equal(told.placed.length, 3);
  assert.deepEqual(told.created, [{ title: "title 1" }]);
});

test("batches that are halved after a refusal are other requests", async () => {
  const { share, seen, told } = rig({ lose: () => false });
  const real = share.api.createShare;
  share.api.createShare = async (body, options) => {
    if (body.files.length > 1) throw new ApiError({ status: 413, code: "too-large", detail: "no" });
    return real(body, options);
  };
  await share.add(files("a", "b"));
  assert.equal(told.placed.length, 2);
  assert.equal(new Set(seen.map(({ key }) => key)).size, 2);
});

test("the key goes out as a header, and only where there is one", async () => {
  const heard = [];
  const fetch = async (url, request) => {
    heard.push(request.headers["Idempotency-Key"]);
    return Response.json({});
  };
  const api = new Api({ base: "/api/v1", session: { csrf: "", recover: async () => false }, fetch });
  await api.addFiles("s", [], { key: "one" });
  await api.editShare("s", {});
  assert.deepEqual(heard, ["one", undefined]);
  assert.match(requestKey(), /^[0-9a-f]{32}$/);
  assert.notEqual(requestKey(), requestKey());
});
