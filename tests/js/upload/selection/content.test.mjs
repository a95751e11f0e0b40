import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Content } from "../../../../static/js/upload/selection/content.js";

const PICTURE = { blob: new Blob(["picture"], { type: "image/webp" }), width: 320, height: 200 };

/** Content over workers that answer by `answers(question)`; what was asked, told and sent. */
function setup({ answers, grabFrame = async () => null, put = async () => {}, timeoutMs = 1000, refuse = false }) {
  const calls = { asked: [], told: [], signed: [], sent: [], done: [], workers: 0, ended: 0, running: 0, most: 0 };
  const open = () => {
    calls.workers += 1;
    return {
      terminate: () => (calls.ended += 1),
      async postMessage(question) {
        calls.asked.push(question);
        calls.running += 1;
        calls.most = Math.max(calls.most, calls.running);
        await pause(1);
        calls.running -= 1;
        const data = answers(question);
        if (data) this.onmessage({ data });
      },
    };
  };
  const api = {
    signThumbnail: async (id, drawing) => {
      if (refuse) throw new Error("no");
      calls.signed.push({ id, ...drawing });
      return { url: `to/${id}`, headers: {} };
    },
    completeThumbnail: async (id) => calls.done.push(id),
    describeFiles: async (id, files) => calls.told.push({ id, files }),
  };
  const digester = { digest: async () => new Uint8Array(32) };
  const sends = async (request) => {
    await put(request);
    calls.sent.push(request.url);
  };
  return { content: new Content({ api, digester, put: sends, grabFrame, open, timeoutMs }), calls };
}

const upload = (id, { type = "", size = 5, state = "uploading" } = {}) => ({ id, size, state, file: { name: id, type } });
const nothing = (question) => ({ type: question.file?.type ?? "", isVideo: false, picture: null });
const idle = async (calls, workers = 1) => {
  for (let turn = 0; turn < 1000 && calls.ended < workers; turn += 1) await pause(2);
  assert.equal(calls.ended, workers);
};

test("files are looked into one at a time, and types that the name did not tell are told together", async () => {
  const { content, calls } = setup({ answers: ({ file }) => ({ type: `x/${file.name}`, isVideo: false, picture: null }) });
  content.add([upload("a"), upload("b", { type: "x/b" }), upload("c"), upload("empty", { size: 0 })], "s1");
  content.add([upload("d")], "s2");
  await idle(calls);
  assert.equal(calls.most, 1);
  assert.deepEqual(calls.told, [
    { id: "s1", files: [{ id: "a", content_type: "x/a" }, { id: "c", content_type: "x/c" }] },
    { id: "s2", files: [{ id: "d", content_type: "x/d" }] },
  ]);
  assert.deepEqual(calls.signed, []);
});

test("a picture is announced with its exact size and sum, sent, and told", async () => {
  const { content, calls } = setup({ answers: () => ({ type: "image/png", isVideo: false, picture: PICTURE }) });
  content.add([upload("a", { type: "image/png" })], "s");
  await idle(calls);
  const checksum = Buffer.alloc(32).toString("base64");
  const said = { size: 7, checksum_sha256: checksum, content_type: "image/webp", width: 320, height: 200 };
  assert.deepEqual(calls.signed, [{ id: "a", ...said }]);
  assert.deepEqual([calls.sent, calls.done, calls.told], [["to/a"], ["a"], []]);
});

test("a frame of a film is drawn; a film that cannot be played has no picture", async () => {
  const grabFrame = async (file) => (file.name === "good" ? { frame: true } : null);
  const answers = (question) => (question.frame ? { picture: PICTURE } : { type: "video/mp4", isVideo: true, picture: null });
  const { content, calls } = setup({ answers, grabFrame });
  content.add([upload("bad", { type: "video/mp4" }), upload("good", { type: "video/mp4" })], "s");
  await idle(calls);
  assert.deepEqual(calls.done, ["good"]);
});

test("a worker that falls silent is let go, and the rest goes on with another", async () => {
  const answers = (question) => (question.file.name === "stuck" ? null : nothing(question));
  const { content, calls } = setup({ answers, timeoutMs: 30 });
  content.add([upload("stuck"), upload("b"), upload("c")], "s");
  await idle(calls, 2);
  assert.deepEqual([calls.workers, calls.asked.length], [2, 3]);
});

test("whatever fails costs a picture and nothing else", async () => {
  const picture = () => ({ type: "", isVideo: false, picture: PICTURE });
  const refused = setup({ answers: picture, refuse: true });
  refused.content.add([upload("a"), upload("b")], "s");
  await idle(refused.calls, 2);
  const cut = setup({ answers: picture, put: async ({ url }) => (url === "to/a" ? Promise.reject(new Error("cut")) : null) });
  cut.content.add([upload("a"), upload("b")], "s");
  await idle(cut.calls, 2);
  assert.deepEqual(cut.calls.done, ["b"]);
});

test("a file that was given up, or has another slot by now, is left alone", async () => {
  const { content, calls } = setup({ answers: () => ({ type: "", isVideo: false, picture: PICTURE }) });
  const [first, canceled, again] = [upload("first"), upload("canceled"), upload("again")];
  content.add([first, canceled, again], "s");
  canceled.state = "canceled";
  again.id = "another";
  await idle(calls);
  assert.deepEqual(calls.done, ["first"]);
  assert.equal(calls.asked.length, 1);
});
