import assert from "node:assert/strict";
import { test } from "node:test";

import { walk } from "../../../../static/js/upload/selection/drop-entries.js";
import { ApiError, NetworkError, worthRetrying } from "../../../../static/js/upload/net/errors.js";
import { drawing, Favicon } from "../../../../static/js/upload/ui/favicon.js";
import { RejectedFiles, isSystemFile } from "../../../../static/js/upload/selection/rejected.js";
import * as messages from "../../../../static/js/upload/ui/messages.js";
import { Speed } from "../../../../static/js/upload/ui/speed.js";
import { mood, totals } from "../../../../static/js/upload/ui/totals.js";

const MB = 1_000_000;
const file = (state, sent = 0, size = 10 * MB) => ({ state, sent, size });
const head = (...files) => {
  const sums = totals(files);
  return messages.headline(sums, mood(sums, { waiting: false, isPaused: false }));
};

test("each state of a file is said in words", () => {
  const speed = new Speed();
  for (let second = 0; second <= 4; second += 1) speed.note(second * MB, second * 1000);
  const said = (one, more = {}) => messages.note(one, { reason: "The disk is full.", waiting: false, speed, ...more });
  assert.equal(said(file("new")), "10 MB · preparing…");
  assert.equal(said(file("uploading")), "10 MB · waiting");
  assert.equal(said(file("uploading", 4 * MB)), "40 % · 4 MB of 10 MB · 1 MB/s · 10 s left");
  assert.equal(said(file("uploading", 4 * MB), { waiting: true }), "40 % · waiting for the network, will go on by itself");
  assert.equal(said(file("paused", 4 * MB)), "paused at 40 % of 10 MB");
  assert.equal(said(file("checking", 10 * MB)), "10 MB · checking…");
  assert.equal(said(file("ready", 10 * MB)), "10 MB · ready");
  assert.equal(said(file("failed", 4 * MB)), "The disk is full.");
});

test("no speed is told where there is none, and none once all is sent", () => {
  assert.equal(messages.progress({ sent: 1, bytes: 4 }), "25 % · 1 byte of 4 bytes");
  const still = new Speed();
  for (let second = 0; second <= 4; second += 1) still.note(MB, second * 1000);
  assert.equal(messages.progress({ sent: MB, bytes: 2 * MB, speed: still }), "50 % · 1 MB of 2 MB");
  assert.equal(messages.progress({ sent: 0, bytes: 0, speed: still }), "100 % · 0 bytes of 0 bytes");
});

test("one line says how the whole stands", () => {
  assert.equal(head(file("new"), file("new")), "Preparing 2 files");
  assert.equal(head(file("uploading"), file("new")), "Sending 2 files");
  assert.equal(head(file("uploading"), file("ready")), "Sending, 1 of 2 files ready");
  assert.equal(head(file("checking"), file("ready")), "Checking, 1 of 2 files ready");
  assert.equal(head(file("paused"), file("ready")), "Paused");
  assert.equal(head(file("failed"), file("ready")), "1 file couldn't be uploaded");
  assert.equal(head(file("ready"), file("ready"), file("canceled")), "All 2 files sent");
});

test("the icon's ring grows, and gives the page its own icon back", () => {
  const filled = (part) => Number(/#fff" stroke-width="3" stroke-dasharray="([\d.]+)/.exec(drawing("sending", part))?.[1] ?? 0);
  assert.equal(filled(0), 0);
  assert.ok(filled(0.25) < filled(0.5) && filled(0.5) < filled(1));
  assert.equal(filled(2), filled(1));
  const link = { href: "/static/favicon.svg" };
  const icon = new Favicon(link);
  icon.show("sending", 0.5);
  assert.match(link.href, /^data:image\/svg\+xml,%3Csvg/);
  icon.show("idle", 0);
  assert.equal(link.href, "/static/favicon.svg");
});

test("what stayed behind is one or two sentences, however much it was", () => {
  const left = new RejectedFiles();
  assert.equal(left.message, "");
  left.emptyFolder();
  assert.equal(left.message, "1 empty folder was left out.");
  left.emptyFolder();
  for (const name of ["a", "b", "c", "d", "e"]) left.unreadable(name);
  assert.equal(
    left.message,
    "“a”, “b”, “c” and 2 more could not be read from your device and stayed behind. 2 empty folders were left out.",
  );
  left.clear();
  assert.equal(left.message, "");
});

const leaf = (name) => ({ isFile: true, name, fullPath: `/${name}`, file: (take) => take({ name }) });
const folder = (name, ...inside) => ({
  isDirectory: true,
  name,
  createReader() {
    const pieces = [inside, []];
    return { readEntries: (take) => take(pieces.shift()) };
  },
});

test("a folder with nothing in it is told, one that holds only such a folder is not told twice", async () => {
  const found = [];
  for await (const one of walk([folder("trip", leaf("a"), folder("none")), folder("outer", folder("inner"))])) found.push(one);
  assert.deepEqual(found.map((one) => one.empty ?? one.file.name), ["a", "none", "inner"]);
});

test("a bar that goes back has its word, and a pause that lasts too", () => {
  const said = (one) => messages.note(one, { reason: "", waiting: false });
  const cut = { ...file("uploading", 4.5 * MB), resent: 2.5 * MB };
  assert.equal(said(cut), "45 % · 4.5 MB of 10 MB · 2.5 MB was cut off and is being sent again");
  assert.equal(said({ ...cut, state: "paused" }), "paused at 45 % of 10 MB · 2.5 MB was cut off and has to be sent again");
  assert.equal(said(file("pausing", 4.5 * MB)), "pausing, what is on its way still arrives · 45 % · 4.5 MB of 10 MB");
  assert.match(messages.progress({ sent: 1, bytes: 4, resent: 2 }), /2 bytes was cut off/);
});

test("to try again is offered where it can help", () => {
  const refusal = (code, field = null) => new ApiError({ status: 422, code, detail: "", field });
  for (const final of ["too-large", "type-not-allowed", "removed", "not-found"]) assert.ok(!worthRetrying(refusal(final)), final);
  assert.ok(!worthRetrying(refusal("invalid", "name")));
  for (const mended of [refusal("invalid", "max_downloads"), refusal("quota-exceeded"), new NetworkError("server")]) {
    assert.ok(worthRetrying(mended));
  }
  const failed = (error) => ({ ...file("failed"), error });
  assert.equal(totals([failed(refusal("too-large")), failed(new NetworkError("server"))]).retryable, 1);
});

test("a storage that hangs is named, and a file that is sent is not called waiting", () => {
  const said = (one, waiting = false) => messages.note(one, { reason: "", waiting });
  assert.equal(said({ ...file("uploading"), flying: true }), "10 MB · sending…");
  const slow = { ...file("uploading", 4.5 * MB), flying: true, slow: true };
  assert.equal(said(slow), "45 % · 4.5 MB of 10 MB · the storage is slow to answer");
  assert.match(said(slow, true), /waiting for the network/);
});

test("what systems keep in folders is left out and named in one note", () => {
  const names = [".DS_Store", "Thumbs.db", "desktop.ini", "._a.jpg", ".ds_store", "THUMBS.DB"];
  assert.ok(names.every(isSystemFile));
  assert.ok(!["DS_Store", "thumbs.db.txt", ".env", "_a.jpg", "._"].slice(0, 4).some(isSystemFile));
  const note = new RejectedFiles();
  note.system(".DS_Store");
  assert.equal(note.message, "“.DS_Store” was left out: made by your system for itself.");
  for (const name of [".DS_Store", "Thumbs.db", "._a.jpg", "._b.jpg", "._c.jpg"]) note.system(name);
  assert.equal(note.message, "“.DS_Store”, “Thumbs.db”, “._a.jpg” and 2 more were left out: made by your system for itself.");
});
