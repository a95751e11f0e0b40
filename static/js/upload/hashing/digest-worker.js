/**
 * Reads slices of files and answers with their SHA-256, away from the page's own thread. Where asked to, it keeps
 * the bytes it has just read for the SHA-256 of the whole file, made in small steps and only while nothing else waits.
 *
 * In: `{id, blob, chain?, md5?}`; `{chain, go: true}` lets the sum of a whole file begin, `end: true` asks for it, `drop:
 * true` forgets it.
 * Out: `{id, digest: ArrayBuffer, md5?: ArrayBuffer}` or `{id, error: string}`; `{chain, bytes, ms}` for work on a whole file, `{chain,
 * whole: string}` in hexadecimal; `{away: true}` when the server did not give what this needs to work. Browsers hide WebCrypto on plain http (a local network without a certificate); there
 * a library in plain JavaScript does the parts' sums too, more slowly. WebCrypto cannot go on with a sum, so the
 * library always does the whole.
 */
import { release } from "../../lib/free-buffer.js";

const STEP = 1024 * 1024;

const libraries = {
  sha2: () => import("../../../vendor/noble-hashes/sha2.js"),
  legacy: () => import("../../../vendor/noble-hashes/legacy.js"),
};
const loaded = new Map();
const chains = new Map();
/** Given up; a slice of them may still have been on its way. */
const dropped = new Set();
const turns = new MessageChannel();
let working = false;

/** A module that once failed to load stays so for this worker: it reports itself unfit, and another is hired. */
async function library(name) {
  if (!loaded.has(name)) loaded.set(name, libraries[name]());
  try {
    return await loaded.get(name);
  } catch {
    self.postMessage({ away: true });
    return new Promise(() => {});
  }
}

async function sha256(bytes) {
  if (globalThis.crypto?.subtle) return crypto.subtle.digest("SHA-256", bytes);
  return (await library("sha2")).sha256(new Uint8Array(bytes)).buffer;
}

async function digestOf({ id, blob, chain, md5 }) {
  try {
    const bytes = await blob.arrayBuffer();
    const digest = await sha256(bytes);
    const weak = md5 ? (await library("legacy")).md5(new Uint8Array(bytes)).buffer : null;
    if (chain) queued(chain, new Uint8Array(bytes));
    else release(bytes);
    if (weak) self.postMessage({ id, digest, md5: weak }, [digest, weak]);
    else self.postMessage({ id, digest }, [digest]);
  } catch (error) {
    self.postMessage({ id, error: error.name === "NotReadableError" || error.name === "NotFoundError" ? "" : String(error) });
  }
  goOn();
}

/** In the order of reading: slices of one file come one after another. */
function queued(chain, bytes) {
  if (dropped.has(chain)) return;
  const known = chains.get(chain) ?? { hash: null, waiting: [], at: 0, going: false, ended: false };
  known.waiting.push(bytes);
  chains.set(chain, known);
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
  for (const [chain, known] of chains) {
    if (!known.going) continue;
    known.hash ??= sum.create();
    const [bytes] = known.waiting;
    if (bytes) advance(chain, known, bytes);
    else if (known.ended) finish(chain, known);
    else continue;
    goOn();
    return;
  }
}

function advance(chain, known, bytes) {
  const since = performance.now();
  const piece = bytes.subarray(known.at, known.at + STEP);
  known.hash.update(piece);
  known.at += piece.length;
  if (known.at === bytes.length) {
    known.waiting.shift();
    known.at = 0;
    release(bytes.buffer);
  }
  self.postMessage({ chain, bytes: piece.length, ms: performance.now() - since });
}

function finish(chain, known) {
  chains.delete(chain);
  const whole = [...known.hash.digest()].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  self.postMessage({ chain, whole });
}

turns.port1.addEventListener("message", () => void step());
turns.port1.start();

self.addEventListener("message", ({ data }) => {
  if (data.blob) void digestOf(data);
  else if (data.drop) drop(data.chain);
  else orders(data);
});

function drop(chain) {
  dropped.add(chain);
  chains.delete(chain);
}

function orders({ chain, go, end }) {
  const known = chains.get(chain);
  if (!known) return;
  known.going ||= go === true;
  known.ended ||= end === true;
  goOn();
}
