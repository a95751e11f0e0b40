import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.window = new EventTarget();
const { InterruptedUploads } = await import("../../../../static/js/upload/resume/interrupted-uploads.js");

const MIB = 1024 * 1024;

/** A part of the page that can be displayed, hidden and pressed; a template is cloned with its parts. */
function createElement(parts = {}) {
  const listeners = {};
  return {
    hidden: false,
    textContent: "",
    parts,
    querySelector: (selector) => parts[/"([^"]+)"/.exec(selector)[1]] ?? null,
    addEventListener: (type, listener) => (listeners[type] = listener),
    click: () => listeners.click?.(),
    append(node) {
      this.row = node;
    },
    remove: () => {},
  };
}

function createRow() {
  const names = ["offer-name", "offer-note", "offer-actions", "offer-go", "offer-discard"];
  return createElement(Object.fromEntries(names.map((name) => [name, createElement()])));
}

/** A page with one interrupted upload of another page load; `locks` responds, and `resumed` lists what was acquired. */
function createPage(t, locks) {
  const template = { content: { firstElementChild: { cloneNode: createRow } } };
  const list = createElement();
  const parts = { offer: template, "offers": createElement(), "offer-list": list, missing: createElement(), "missing-text": createElement() };
  const resumed = [];
  const end = new AbortController();
  t.after(() => end.abort());
  const upload = { id: "a", files: [{ id: "f", share: "a", name: "a.bin", path: "", size: 22 * MIB, lastModified: 0 }] };
  const share = { id: "a", title: "", state: "live", files: [{ id: "f", state: "uploading" }] };
  const interruptedUploads = new InterruptedUploads({
    api: { share: async () => share, upload: async () => ({ parts: [] }) },
    uploadStore: { unfinished: async () => [upload], discard: async () => {}, drop: () => {} },
    locks: { acquire: async (id) => resumed.push(id), ...locks },
    part: (name) => parts[name],
    signal: end.signal,
    isIdle: () => true,
    onClaimed: () => {},
    onMatch: () => {},
    onError: assert.ifError,
  });
  return { interruptedUploads, resumed, row: () => list.row.parts };
}

test("an offer that another tab denies too late becomes busy, and cannot be resumed", async (t) => {
  const { interruptedUploads, resumed, row } = createPage(t, { isFree: async () => true });
  await interruptedUploads.refresh();
  assert.equal(row()["offer-note"].textContent, "1 file, 23.1 MB left");
  assert.equal(row()["offer-actions"].hidden, false);
  interruptedUploads.markBusy("a");
  assert.equal(row()["offer-note"].textContent, "Uploading in another tab");
  assert.equal(row()["offer-actions"].hidden, true);
  row()["offer-go"].click();
  assert.deepEqual(resumed, []);
});

test("a denial that comes while the offer is being prepared counts", async (t) => {
  const { interruptedUploads, row } = createPage(t, { isFree: async () => true });
  interruptedUploads.api.upload = async () => {
    interruptedUploads.markBusy("a");
    return { parts: [] };
  };
  await interruptedUploads.refresh();
  assert.equal(row()["offer-note"].textContent, "Uploading in another tab");
});

test("a busy offer is queried again, and can be resumed once the other tab is gone", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { interruptedUploads, row } = createPage(t, { isFree: async () => true });
  await interruptedUploads.refresh();
  interruptedUploads.markBusy("a");
  const { refresh } = interruptedUploads;
  const refreshed = new Promise((resolve) => {
    interruptedUploads.refresh = () => refresh.call(interruptedUploads).then(resolve);
  });
  t.mock.timers.tick(3_000);
  await refreshed;
  assert.equal(row()["offer-note"].textContent, "1 file, 23.1 MB left");
  assert.equal(row()["offer-actions"].hidden, false);
});
