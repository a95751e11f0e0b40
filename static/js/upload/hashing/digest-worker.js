/**
 * Reads slices of files and answers with their SHA-256, away from the page's own thread. If requested, it keeps the
 * bytes it has just read for the SHA-256 of the whole file, computed in small steps and only while nothing else waits.
 *
 * In: `{id, blob, hashId?, md5?}`; `{hashId, go: true}` starts the hash of a whole file, `end: true` requests its
 * result, `drop: true` discards it.
 * Out: `{id, digest: ArrayBuffer, md5?: ArrayBuffer}` or `{id, error: string}`; `{hashId, bytes, ms}` for work on a
 * whole file, `{hashId, hex: string}` for its hash; `{unfit: true}` when the server did not send what this needs to
 * work. Browsers hide WebCrypto on plain http (a local network without a certificate); there a library in plain
 * JavaScript hashes the parts as well, more slowly. WebCrypto cannot continue a hash, so the library always does the
 * whole file.
 */
import { freeBuffer } from "../../lib/free-buffer.js";

const STEP = 1024 * 1024;

const libraries = {
  sha2: () => import("@noble/hashes/sha2.js"),
  legacy: () => import("@noble/hashes/legacy.js"),
};
const loaded = new Map();
const hashes = new Map();
/** Given up; a slice of them may still have been on its way. */
const dropped = new Set();
const turns = new MessageChannel();
let working = false;

/** A module that once failed to load stays so for this worker: it reports itself unfit, and another is spawned. */
async function library(name) {
  if (!loaded.has(name)) loaded.set(name, libraries[name]());
  try {
    return await loaded.get(name);
  } catch {
    self.postMessage({ unfit: true });
    return new Promise(() => {});
  }
}

async function sha256(bytes) {
  if (globalThis.crypto?.subtle) return crypto.subtle.digest("SHA-256", bytes);
  return (await library("sha2")).sha256(new Uint8Array(bytes)).buffer;
}

async function digestOf({ id, blob, hashId, md5 }) {
  try {
    const bytes = await blob.arrayBuffer();
    const digest = await sha256(bytes);
    const weak = md5 ? (await library("legacy")).md5(new Uint8Array(bytes)).buffer : null;
    if (hashId) enqueue(hashId, new Uint8Array(bytes));
    else freeBuffer(bytes);
    if (weak) self.postMessage({ id, digest, md5: weak }, [digest, weak]);
    else self.postMessage({ id, digest }, [digest]);
  } catch (error) {
    self.postMessage({ id, error: error.name === "NotReadableError" || error.name === "NotFoundError" ? "" : String(error) });
  }
  goOn();
}

/** In the order of reading: slices of one file come one after another. */
function enqueue(hashId, bytes) {
  if (dropped.has(hashId)) return;
  const fileHash = hashes.get(hashId) ?? { hash: null, waiting: [], offset: 0, going: false, isComplete: false };
  fileHash.waiting.push(bytes);
  hashes.set(hashId, fileHash);
}

function goOn() {
  if (working) return;
  working = true;
  turns.port2.postMessage(null);
}

/** One step, then whoever has sent a message meanwhile comes first. */
async function step() {
  const { sha256: sum } = await library("sha2");
  working = false;
  for (const [hashId, fileHash] of hashes) {
    if (!fileHash.going) continue;
    fileHash.hash ??= sum.create();
    const [bytes] = fileHash.waiting;
    if (bytes) advance(hashId, fileHash, bytes);
    else if (fileHash.isComplete) finish(hashId, fileHash);
    else continue;
    goOn();
    return;
  }
}

function advance(hashId, fileHash, bytes) {
  const startedAt = performance.now();
  const chunk = bytes.subarray(fileHash.offset, fileHash.offset + STEP);
  fileHash.hash.update(chunk);
  fileHash.offset += chunk.length;
  if (fileHash.offset === bytes.length) {
    fileHash.waiting.shift();
    fileHash.offset = 0;
    freeBuffer(bytes.buffer);
  }
  self.postMessage({ hashId, bytes: chunk.length, ms: performance.now() - startedAt });
}

function finish(hashId, fileHash) {
  hashes.delete(hashId);
  const hex = [...fileHash.hash.digest()].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  self.postMessage({ hashId, hex });
}

turns.port1.addEventListener("message", () => void step());
turns.port1.start();

self.addEventListener("message", ({ data }) => {
  if (data.blob) void digestOf(data);
  else if (data.drop) drop(data.hashId);
  else orders(data);
});

function drop(hashId) {
  dropped.add(hashId);
  hashes.delete(hashId);
}

function orders({ hashId, go, end }) {
  const fileHash = hashes.get(hashId);
  if (!fileHash) return;
  fileHash.going ||= go === true;
  fileHash.isComplete ||= end === true;
  goOn();
}
