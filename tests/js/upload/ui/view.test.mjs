import assert from "node:assert/strict";
import { test } from "node:test";

import { walk } from "../../../../static/js/upload/selection/drop-entries.js";
import { ApiError, NetworkError, worthRetrying } from "../../../../static/js/upload/net/errors.js";
import { drawIcon, Favicon } from "../../../../static/js/upload/ui/favicon.js";
import { RejectedFiles, isSystemFile } from "../../../../static/js/upload/selection/rejected.js";
import * as messages from "../../../../static/js/upload/ui/messages.js";
import { Speed } from "../../../../static/js/upload/ui/speed.js";
import { phaseOf, totals } from "../../../../static/js/upload/ui/totals.js";

const MB = 1_000_000;
const file = (state, sentBytes = 0, size = 10 * MB) => ({ state, sentBytes, size, resentBytes: 0 });
const headline = (...files) => {
  const sums = totals(files);
  return messages.headline(sums, phaseOf(sums, { waiting: false, isPaused: false }));
};

test("each state of a file has its note", () => {
  const speed = new Speed();
  for (let second = 0; second <= 4; second += 1) speed.addSample(second * MB, second * 1000);
  const note = (upload, context = {}) => messages.note(upload, { reason: "The disk is full.", waiting: false, speed, ...context });
  assert.equal(note(file("new")), "10 MB · Preparing…");
  assert.equal(note(file("uploading")), "10 MB · Waiting");
  assert.equal(note(file("uploading", 4 * MB)), "40% · 4 MB of 10 MB · 1 MB/s · 10 s left");
  assert.equal(note(file("uploading", 4 * MB), { waiting: true }), "40% · Offline. Resumes automatically.");
  assert.equal(note(file("paused", 4 * MB)), "Paused at 40% of 10 MB");
  assert.equal(note(file("checking", 10 * MB)), "10 MB · Verifying…");
  assert.equal(note(file("ready", 10 * MB)), "10 MB · Ready");
  assert.equal(note(file("failed", 4 * MB)), "The disk is full.");
});

test("there is no speed without progress, and none after the last byte", () => {
  assert.equal(messages.progressText({ sentBytes: 1, bytes: 4 }), "25% · 1 byte of 4 bytes");
  const stalled = new Speed();
  for (let second = 0; second <= 4; second += 1) stalled.addSample(MB, second * 1000);
  assert.equal(messages.progressText({ sentBytes: MB, bytes: 2 * MB, speed: stalled }), "50% · 1 MB of 2 MB");
  assert.equal(messages.progressText({ sentBytes: 0, bytes: 0, speed: stalled }), "100% · 0 bytes of 0 bytes");
});

test("the headline states the phase", () => {
  assert.equal(headline(file("new"), file("new")), "Preparing 2 files");
  assert.equal(headline(file("uploading"), file("new")), "Uploading 2 files");
  assert.equal(headline(file("uploading"), file("ready")), "Uploading, 1 of 2 files ready");
  assert.equal(headline(file("checking"), file("ready")), "Verifying…");
  assert.equal(headline(file("paused"), file("ready")), "Paused");
  assert.equal(headline(file("failed"), file("ready")), "1 file couldn't be uploaded");
  assert.equal(headline(file("ready"), file("ready"), file("canceled")), "All 2 files uploaded");
  assert.equal(headline(file("leaving")), "This share has no files anymore");
  assert.equal(headline(file("canceled")), "", "nothing is being verified");
});

test("the icon's ring grows, and an idle page has its own icon", () => {
  const filledLength = (progress) => Number(/#fff" stroke-width="3" stroke-dasharray="([\d.]+)/.exec(drawIcon("uploading", progress))?.[1] ?? 0);
  assert.equal(filledLength(0), 0);
  assert.ok(filledLength(0.25) < filledLength(0.5) && filledLength(0.5) < filledLength(1));
  assert.equal(filledLength(2), filledLength(1));
  const link = { href: "/static/favicon.svg" };
  const icon = new Favicon(link);
  icon.update("uploading", 0.5);
  assert.match(link.href, /^data:image\/svg\+xml,%3Csvg/);
  icon.update("idle", 0);
  assert.equal(link.href, "/static/favicon.svg");
});

test("rejected files are one or two sentences, however many there are", () => {
  const rejectedFiles = new RejectedFiles();
  const addEmptyFolder = () => rejectedFiles.add({ reason: "empty-folder", name: "trip" });
  assert.equal(rejectedFiles.message, "");
  addEmptyFolder();
  assert.equal(rejectedFiles.message, "Skipped 1 empty folder.");
  addEmptyFolder();
  for (const name of ["a", "b", "c", "d", "e"]) rejectedFiles.add({ reason: "unreadable", name });
  assert.equal(
    rejectedFiles.message,
    "Couldn't be read from your device: “a”, “b”, “c”, and 2 more. Skipped 2 empty folders.",
  );
  rejectedFiles.clear();
  assert.equal(rejectedFiles.message, "");
});

const leaf = (name) => ({ isFile: true, name, fullPath: `/${name}`, file: (resolve) => resolve({ name }) });
const folder = (name, ...entries) => ({
  isDirectory: true,
  name,
  createReader() {
    const batches = [entries, []];
    return { readEntries: (resolve) => resolve(batches.shift()) };
  },
});

test("an empty folder is rejected, and the folder around it is not", async () => {
  const names = [];
  for await (const item of walk([folder("trip", leaf("a"), folder("none")), folder("outer", folder("inner"))])) names.push(item.name ?? item.file.name);
  assert.deepEqual(names, ["a", "none", "inner"]);
});

test("bytes that were cut off are explained, and so is a pause that takes a while", () => {
  const note = (upload) => messages.note(upload, { reason: "", waiting: false });
  const cutOff = { ...file("uploading", 4.5 * MB), resentBytes: 2.5 * MB };
  assert.equal(note(cutOff), "45% · 4.5 MB of 10 MB · 2.5 MB was cut off and is being sent again");
  assert.equal(note({ ...cutOff, state: "paused" }), "Paused at 45% of 10 MB · 2.5 MB was cut off and has to be sent again");
  assert.equal(note(file("pausing", 4.5 * MB)), "Pausing after the current parts · 45% · 4.5 MB of 10 MB");
  assert.match(messages.progressText({ sentBytes: 1, bytes: 4, resentBytes: 2 }), /2 bytes was cut off/);
});

test("a retry is offered where it can succeed", () => {
  const refusal = (code, field = null) => new ApiError({ status: 422, code, detail: "", field });
  for (const code of ["too-large", "type-not-allowed", "removed", "not-found"]) assert.ok(!worthRetrying(refusal(code)), code);
  assert.ok(!worthRetrying(refusal("invalid", "name")));
  for (const error of [refusal("invalid", "max_downloads"), refusal("quota-exceeded"), new NetworkError("server")]) {
    assert.ok(worthRetrying(error));
  }
  const failed = (error) => ({ ...file("failed"), error });
  assert.equal(totals([failed(refusal("too-large")), failed(new NetworkError("server"))]).retryable, 1);
});

test("a slow storage is named, and a file with a part in flight is not called waiting", () => {
  const note = (upload, waiting = false) => messages.note(upload, { reason: "", waiting });
  assert.equal(note({ ...file("uploading"), isInFlight: true }), "10 MB · Uploading…");
  const slow = { ...file("uploading", 4.5 * MB), isInFlight: true, isSlow: true };
  assert.equal(note(slow), "45% · 4.5 MB of 10 MB · The file storage is slow to respond");
  assert.match(note(slow, true), /Offline/);
});

test("files that systems create are rejected, and named in one sentence", () => {
  const names = [".DS_Store", "Thumbs.db", "desktop.ini", "._a.jpg", ".ds_store", "THUMBS.DB"];
  assert.ok(names.every(isSystemFile));
  assert.ok(!["DS_Store", "thumbs.db.txt", ".env", "_a.jpg", "._"].slice(0, 4).some(isSystemFile));
  const rejectedFiles = new RejectedFiles();
  rejectedFiles.add({ reason: "system", name: ".DS_Store" });
  assert.equal(rejectedFiles.message, "Skipped system files: “.DS_Store”.");
  for (const name of [".DS_Store", "Thumbs.db", "._a.jpg", "._b.jpg", "._c.jpg"]) rejectedFiles.add({ reason: "system", name });
  assert.equal(rejectedFiles.message, "Skipped system files: “.DS_Store”, “Thumbs.db”, “._a.jpg”, and 2 more.");
});
