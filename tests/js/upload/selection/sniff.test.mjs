import assert from "node:assert/strict";
import { test } from "node:test";
import { drawableSize, fitInto, sniff } from "../../../../static/js/upload/selection/sniff.js";

const bytes = (...values) => new Uint8Array(values);
const encode = (text) => new TextEncoder().encode(text);
const JPEG = bytes(0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46);
const ZIP = bytes(0x50, 0x4b, 3, 4, 20, 0, 0, 0, 8, 0);
const SVG = encode('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>');

/** The beginning of a PNG of this size. */
function png(width, height) {
  const view = new DataView(new ArrayBuffer(64));
  view.setUint32(0, 0x89504e47);
  view.setUint32(4, 0x0d0a1a0a);
  view.setUint32(8, 13);
  view.setUint32(12, 0x49484452);
  view.setUint32(16, width);
  view.setUint32(20, height);
  return new Uint8Array(view.buffer);
}

test("the type follows from the bytes, not from the name", () => {
  assert.deepEqual(sniff(JPEG, "text/plain"), { type: "image/jpeg", isDrawable: true, isVideo: false });
  assert.equal(sniff(encode("%PDF-1.7\n"), "").type, "application/pdf");
  assert.equal(sniff(png(1, 1), "application/pdf").type, "image/png");
});

test("without a known signature the type follows from the name", () => {
  assert.deepEqual(sniff(encode("plain text"), "text/csv"), { type: "text/csv", isDrawable: false, isVideo: false });
  assert.deepEqual(sniff(bytes(), ""), { type: "", isDrawable: false, isVideo: false });
  assert.equal(sniff(bytes(1, 2, 3), "video/webm").isVideo, true);
});

test("a container has the more specific type of its name", () => {
  const documentType = "application/vnd.oasis.opendocument.text";
  assert.equal(sniff(ZIP, documentType).type, documentType);
  assert.equal(sniff(ZIP, "").type, "application/zip");
});

test("SVG is never drawn, whatever its name and type are", () => {
  for (const claimedType of ["image/svg+xml", "image/png", ""]) assert.equal(sniff(SVG, claimedType).isDrawable, false);
});

test("a slice in the middle of a buffer is read from its own start", () => {
  const file = new Uint8Array([...ZIP, ...JPEG]);
  assert.equal(sniff(file.subarray(ZIP.length), "").type, "image/jpeg");
});

test("a picture that is too large, too long or of unknown size is not drawn", () => {
  assert.deepEqual(drawableSize(png(8000, 6000)), { width: 8000, height: 6000 });
  for (const head of [png(8000, 7000), png(100_000, 100_000), png(10, 201), png(0, 5), JPEG, bytes()]) {
    assert.equal(drawableSize(head), null);
  }
});

test("a thumbnail has the proportions of the picture and is never enlarged", () => {
  assert.deepEqual(fitInto({ width: 4000, height: 3000 }, 320), { width: 320, height: 240 });
  assert.deepEqual(fitInto({ width: 3000, height: 4000 }, 320), { width: 240, height: 320 });
  assert.deepEqual(fitInto({ width: 16, height: 16 }, 320), { width: 16, height: 16 });
  assert.deepEqual(fitInto({ width: 5000, height: 2 }, 320), { width: 320, height: 1 });
});
