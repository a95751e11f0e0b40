import assert from "node:assert/strict";
import { test } from "node:test";
import { messageFor } from "../../../../static/js/upload/net/errors.js";
import { Room } from "../../../../static/js/upload/share/quota.js";

const KNOWN = { bytes: 100, files: 3, max_file_bytes: 60, max_files_per_share: 10 };
const file = (size, state = "new") => ({ size, state });
const sizes = ({ fit }) => fit.map(({ size }) => size);
const words = ({ refused }) => refused.map(({ error }) => messageFor(error));

/** A room whose server has `left` by now, or does not answer. */
function rig({ known = {}, left = null } = {}) {
  const asked = [];
  const me = async () => {
    asked.push(1);
    if (!left) throw new Error("away");
    return { quota: { left_bytes: left.bytes, left_files: left.files } };
  };
  return { room: new Room({ api: { me }, known: { ...KNOWN, ...known } }), asked };
}

test("what fits goes, without a question to the server", async () => {
  const { room, asked } = rig();
  assert.deepEqual(sizes(await room.take([file(60), file(40), file(0)])), [60, 40, 0]);
  assert.equal(asked.length, 0);
});

test("each file that does not fit is named with its reason, and the others go", async () => {
  const { room } = rig();
  const taken = await room.take([file(61), file(60), file(41), file(40)]);
  assert.deepEqual(sizes(taken), [60, 40]);
  assert.deepEqual(words(taken), [
    "This server takes files up to 60 bytes; this one has 61 bytes.",
    "This file (41 bytes) is larger than your remaining space (40 bytes). Remove a share to free space.",
  ]);
});

test("the number of files counts too", async () => {
  const { room } = rig();
  const taken = await room.take([file(1), file(1), file(1), file(0)]);
  assert.deepEqual(sizes(taken), [1, 1, 1]);
  assert.match(words(taken)[0], /can't hold more files/);
});

test("a share holds so many files and no more; the next share starts anew", async () => {
  const { room } = rig({ known: { max_files_per_share: 1 } });
  assert.match(words(await room.take([file(1), file(1)]))[0], /at most 1 file/);
  room.newShare();
  assert.deepEqual(sizes(await room.take([file(1)])), [1]);
});

test("before it says no it asks what has become free, without what still waits for its slot", async () => {
  const { room, asked } = rig({ left: { bytes: 150, files: 50 } });
  const [waiting, placed] = [file(50), file(50)];
  await room.take([waiting, placed]);
  placed.state = "uploading";
  assert.deepEqual(sizes(await room.take([file(60), file(40), file(1)])), [60, 40]);
  assert.equal(asked.length, 1);
});
