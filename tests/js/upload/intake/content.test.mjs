import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Content } from "../../../../static/js/upload/intake/content.js";

const PICTURE = { blob: new Blob(["picture"], { type: "image/webp" }), width: 320, height: 200 };

/** Content over workers that answer by `answers(question)`; what was asked, told and sent. */
function rig({ answers, film = async () => null, put = async () => {}, patienceMs = 1000, refuse = false }) {
  const seen = { asked: [], told: [], signed: [], sent: [], done: [], workers: 0, ended: 0, running: 0, most: 0 };
  const open = () => {
    seen.workers += 1;
    return {
      terminate: () => (seen.ended += 1),
      async postMessage(question) {
        seen.asked.push(question);
        seen.running += 1;
        seen.most = Math.max(seen.most, seen.running);
        await pause(1);
        seen.running -= 1;
        const data = answers(question);
        if (data) this.onmessage({ data });
      },
    };
  };
  const api = {
    signThumbnail: async (id, drawing) => {
      if (refuse) throw new Error("no");
      seen.signed.push({ id, ...drawing });
      return { url: `to/${id}`, headers: {} };
    },
    completeThumbnail: async (id) => seen.done.push(id),
    describeFiles: async (id, files) => seen.told.push({ id, files }),
  };
  const digester = { digest: async () => new Uint8Array(32) };
  const sends = async (request) => {
    await put(request);
    seen.sent.push(request.url);
  };
  return { content: new Content({ api, digester, put: sends, film, open, patienceMs }), seen };
}

const upload = (id, { type = "", size = 5, state = "uploading" } = {}) => ({ id, size, state, file: { name: id, type } });
const nothing = (question) => ({ type: question.file?.type ?? "", film: false, picture: null });
const idle = async (seen, workers = 1) => {
  for (let turn = 0; turn < 1000 && seen.ended < workers; turn += 1) await pause(2);
  assert.equal(seen.ended, workers);
};

test("files are looked into one at a time, and types that the name did not tell are told together", async () => {
  const { content, seen } = rig({ answers: ({ file }) => ({ type: `x/${file.name}`, film: false, picture: null }) });
  content.add([upload("a"), upload("b", { type: "x/b" }), upload("c"), upload("empty", { size: 0 })], "s1");
  content.add([upload("d")], "s2");
  await idle(seen);
  assert.equal(seen.most, 1);
  assert.deepEqual(seen.told, [
    { id: "s1", files: [{ id: "a", content_type: "x/a" }, { id: "c", content_type: "x/c" }] },
    { id: "s2", files: [{ id: "d", content_type: "x/d" }] },
  ]);
  assert.deepEqual(seen.signed, []);
});

test("a picture is announced with its exact size and sum, sent, and told", async () => {
  const { content, seen } = rig({ answers: () => ({ type: "image/png", film: false, picture: PICTURE }) });
  content.add([upload("a", { type: "image/png" })], "s");
  await idle(seen);
  const checksum = Buffer.alloc(32).toString("base64");
  const said = { size: 7, checksum_sha256: checksum, content_type: "image/webp", width: 320, height: 200 };
  assert.deepEqual(seen.signed, [{ id: "a", ...said }]);
  assert.deepEqual([seen.sent, seen.done, seen.told], [["to/a"], ["a"], []]);
});

test("a frame of a film is drawn; a film that cannot be played has no picture", async () => {
  const film = async (file) => (file.name === "good" ? { frame: true } : null);
  const answers = (question) => (question.frame ? { picture: PICTURE } : { type: "video/mp4", film: true, picture: null });
  const { content, seen } = rig({ answers, film });
  content.add([upload("bad", { type: "video/mp4" }), upload("good", { type: "video/mp4" })], "s");
  await idle(seen);
  assert.deepEqual(seen.done, ["good"]);
});

test("a worker that falls silent is let go, and the rest goes on with another", async () => {
  const answers = (question) => (question.file.name === "stuck" ? null : nothing(question));
  const { content, seen } = rig({ answers, patienceMs: 30 });
  content.add([upload("stuck"), upload("b"), upload("c")], "s");
  await idle(seen, 2);
  assert.deepEqual([seen.workers, seen.asked.length], [2, 3]);
});

test("whatever fails costs a picture and nothing else", async () => {
  const picture = () => ({ type: "", film: false, picture: PICTURE });
  const refused = rig({ answers: picture, refuse: true });
  refused.content.add([upload("a"), upload("b")], "s");
  await idle(refused.seen, 2);
  const cut = rig({ answers: picture, put: async ({ url }) => (url === "to/a" ? Promise.reject(new Error("cut")) : null) });
  cut.content.add([upload("a"), upload("b")], "s");
  await idle(cut.seen, 2);
  assert.deepEqual(cut.seen.done, ["b"]);
});

test("a file that was given up, or has another slot by now, is left alone", async () => {
  const { content, seen } = rig({ answers: () => ({ type: "", film: false, picture: PICTURE }) });
  const [first, canceled, again] = [upload("first"), upload("canceled"), upload("again")];
  content.add([first, canceled, again], "s");
  canceled.state = "canceled";
  again.id = "another";
  await idle(seen);
  assert.deepEqual(seen.done, ["first"]);
  assert.equal(seen.asked.length, 1);
});
