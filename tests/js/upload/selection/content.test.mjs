import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Content } from "../../../../static/js/upload/selection/content.js";

const THUMBNAIL = { blob: new Blob(["picture"], { type: "image/webp" }), width: 320, height: 200 };

/** Content whose workers respond with `inspect(request)`, and the calls that it made. */
function setup({ inspect, grabFrame = async () => null, put = async () => {}, timeoutMs = 1000, isRefused = false }) {
  const calls = { requests: [], types: [], thumbnails: [], urls: [], completed: [], workers: 0, terminated: 0, running: 0, maxRunning: 0 };
  const open = () => {
    calls.workers += 1;
    return {
      terminate: () => (calls.terminated += 1),
      async postMessage(request) {
        calls.requests.push(request);
        calls.running += 1;
        calls.maxRunning = Math.max(calls.maxRunning, calls.running);
        await pause(1);
        calls.running -= 1;
        const data = inspect(request);
        if (data) this.onmessage({ data });
      },
    };
  };
  const api = {
    signThumbnail: async (id, declaration) => {
      if (isRefused) throw new Error("no");
      calls.thumbnails.push({ id, ...declaration });
      return { url: `to/${id}`, headers: {} };
    },
    completeThumbnail: async (id) => calls.completed.push(id),
    describeFiles: async (id, files) => calls.types.push({ id, files }),
  };
  const digester = { digest: async () => new Uint8Array(32) };
  const recordedPut = async (request) => {
    await put(request);
    calls.urls.push(request.url);
  };
  return { content: new Content({ api, digester, put: recordedPut, grabFrame, open, timeoutMs }), calls };
}

const upload = (id, { type = "", size = 5, state = "uploading" } = {}) => ({ id, size, state, file: { name: id, type } });
const findNothing = (request) => ({ type: request.file?.type ?? "", isVideo: false, thumbnail: null });
const idle = async (calls, workers = 1) => {
  for (let turn = 0; turn < 1000 && calls.terminated < workers; turn += 1) await pause(2);
  assert.equal(calls.terminated, workers);
};

test("files are inspected one at a time, and types that differ from the name are sent together", async () => {
  const { content, calls } = setup({ inspect: ({ file }) => ({ type: `x/${file.name}`, isVideo: false, thumbnail: null }) });
  content.add([upload("a"), upload("b", { type: "x/b" }), upload("c"), upload("empty", { size: 0 })], "s1");
  content.add([upload("d")], "s2");
  await idle(calls);
  assert.equal(calls.maxRunning, 1);
  assert.deepEqual(calls.types, [
    { id: "s1", files: [{ id: "a", content_type: "x/a" }, { id: "c", content_type: "x/c" }] },
    { id: "s2", files: [{ id: "d", content_type: "x/d" }] },
  ]);
  assert.deepEqual(calls.thumbnails, []);
});

test("a thumbnail is declared with its exact size and checksum, sent, and completed", async () => {
  const { content, calls } = setup({ inspect: () => ({ type: "image/png", isVideo: false, thumbnail: THUMBNAIL }) });
  content.add([upload("a", { type: "image/png" })], "s");
  await idle(calls);
  const checksum = Buffer.alloc(32).toString("base64");
  const declaration = { size: 7, checksum_sha256: checksum, content_type: "image/webp", width: 320, height: 200 };
  assert.deepEqual(calls.thumbnails, [{ id: "a", ...declaration }]);
  assert.deepEqual([calls.urls, calls.completed, calls.types], [["to/a"], ["a"], []]);
});

test("a frame of a video is drawn; a video that cannot be played has no thumbnail", async () => {
  const grabFrame = async (file) => (file.name === "good" ? { frame: true } : null);
  const inspect = (request) => (request.frame ? { thumbnail: THUMBNAIL } : { type: "video/mp4", isVideo: true, thumbnail: null });
  const { content, calls } = setup({ inspect, grabFrame });
  content.add([upload("bad", { type: "video/mp4" }), upload("good", { type: "video/mp4" })], "s");
  await idle(calls);
  assert.deepEqual(calls.completed, ["good"]);
});

test("a worker that does not respond is terminated, and another one inspects the rest", async () => {
  const inspect = (request) => (request.file.name === "stuck" ? null : findNothing(request));
  const { content, calls } = setup({ inspect, timeoutMs: 30 });
  content.add([upload("stuck"), upload("b"), upload("c")], "s");
  await idle(calls, 2);
  assert.deepEqual([calls.workers, calls.requests.length], [2, 3]);
});

test("an error costs a thumbnail and nothing else", async () => {
  const inspect = () => ({ type: "", isVideo: false, thumbnail: THUMBNAIL });
  const refusing = setup({ inspect, isRefused: true });
  refusing.content.add([upload("a"), upload("b")], "s");
  await idle(refusing.calls, 2);
  const interrupted = setup({ inspect, put: async ({ url }) => (url === "to/a" ? Promise.reject(new Error("cut")) : null) });
  interrupted.content.add([upload("a"), upload("b")], "s");
  await idle(interrupted.calls, 2);
  assert.deepEqual(interrupted.calls.completed, ["b"]);
});

test("a file that was canceled, or has another slot by now, is skipped", async () => {
  const { content, calls } = setup({ inspect: () => ({ type: "", isVideo: false, thumbnail: THUMBNAIL }) });
  const [first, canceled, retried] = [upload("first"), upload("canceled"), upload("retried")];
  content.add([first, canceled, retried], "s");
  canceled.state = "canceled";
  retried.id = "another";
  await idle(calls);
  assert.deepEqual(calls.completed, ["first"]);
  assert.equal(calls.requests.length, 1);
});
