import assert from "node:assert/strict";
import { test } from "node:test";
import { messageFor } from "../../../../static/js/upload/net/errors.js";
import { Quota } from "../../../../static/js/upload/share/quota.js";

const PAGE_DATA = { bytes: 100, files: 3, max_file_bytes: 60, max_files_per_share: 10 };
const file = (size, state = "new") => ({ size, state });
const sizes = ({ fitting }) => fitting.map(({ size }) => size);
const messages = ({ refusals }) => refusals.map(({ error }) => messageFor(error));

/** A quota whose server has `remaining` by now, or does not respond. */
function setup({ pageData = {}, remaining = null } = {}) {
  const requests = [];
  const me = async () => {
    requests.push(1);
    if (!remaining) throw new Error("away");
    return { quota: { left_bytes: remaining.bytes, left_files: remaining.files } };
  };
  return { quota: new Quota({ api: { me }, pageData: { ...PAGE_DATA, ...pageData } }), requests };
}

test("files that fit need no request to the server", async () => {
  const { quota, requests } = setup();
  assert.deepEqual(sizes(await quota.reserve([file(60), file(40), file(0)])), [60, 40, 0]);
  assert.equal(requests.length, 0);
});

test("each file that does not fit has its reason, and the others are reserved", async () => {
  const { quota } = setup();
  const reserved = await quota.reserve([file(61), file(60), file(41), file(40)]);
  assert.deepEqual(sizes(reserved), [60, 40]);
  assert.deepEqual(messages(reserved), [
    "This file (61 bytes) is larger than the maximum of 60 bytes.",
    "This file (41 bytes) is larger than your remaining space (40 bytes). Remove a share to free space.",
  ]);
});

test("the number of files is limited too", async () => {
  const { quota } = setup();
  const reserved = await quota.reserve([file(1), file(1), file(1), file(0)]);
  assert.deepEqual(sizes(reserved), [1, 1, 1]);
  assert.match(messages(reserved)[0], /can't have more files/);
});

test("a share has a maximum of files, and the next share starts at zero", async () => {
  const { quota } = setup({ pageData: { max_files_per_share: 1 } });
  assert.match(messages(await quota.reserve([file(1), file(1)]))[0], /at most 1 file/);
  quota.startShare();
  assert.deepEqual(sizes(await quota.reserve([file(1)])), [1]);
});

test("before a refusal the remaining space is fetched, minus the files that wait for their slots", async () => {
  const { quota, requests } = setup({ remaining: { bytes: 150, files: 50 } });
  const [waitingFile, uploadingFile] = [file(50), file(50)];
  await quota.reserve([waitingFile, uploadingFile]);
  uploadingFile.state = "uploading";
  assert.deepEqual(sizes(await quota.reserve([file(60), file(40), file(1)])), [60, 40]);
  assert.equal(requests.length, 1);
});
