/**
 * Reads slices of files and responds with their SHA-256, in a thread of its own. On request it keeps the bytes that it has
 * read for the SHA-256 of the whole file, which it computes in small steps and only while no other message waits.
 *
 * In: `{id, blob, hashId?, md5?}`; `{hashId, start: true}` starts the hash of a whole file, `end: true` requests its
 * result, `drop: true` discards it.
 * Out: `{id, digest: ArrayBuffer, md5?: ArrayBuffer}` or `{id, error: string}`; `{hashId, bytes, ms}` after a step of the
 * hash of a whole file, `{hashId, hex: string}` with its result; `{unfit: true}` when the server did not send a library.
 *
 * Browsers hide WebCrypto on plain http (a local network without a certificate); there a library in plain JavaScript hashes
 * the parts too, more slowly. WebCrypto cannot continue a hash, so the library always hashes whole files.
 */
import { freeBuffer } from "../../lib/free-buffer.js";

/** @typedef {{update: (bytes: Uint8Array) => unknown, digest: () => Uint8Array}} Hasher */

/**
 * @typedef {object} FileHash
 * @property {Hasher | null} hasher
 * @property {Uint8Array<ArrayBuffer>[]} waiting
 * @property {number} offset  in the first slice of `waiting`
 * @property {boolean} isStarted
 * @property {boolean} isComplete  no further slices follow
 */

const worker = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const STEP_BYTES = 1024 * 1024;

const IMPORTS = {
  sha2: () => import("../../../vendor/noble-hashes/sha2.js"),
  legacy: () => import("../../../vendor/noble-hashes/legacy.js"),
};
/** @type {{sha2?: ReturnType<typeof IMPORTS.sha2>, legacy?: ReturnType<typeof IMPORTS.legacy>}} */
const libraries = {};
/** @type {Map<number, FileHash>} */
const hashes = new Map();
/** @type {Set<number>} the ids of hashes that were given up, whose slices can still arrive */
const droppedIds = new Set();
const steps = new MessageChannel();
let isStepQueued = false;

/**
 * A module that failed to load once never loads in this worker: it reports that it is unfit, and another one is spawned.
 *
 * @template Module
 * @param {Promise<Module>} library
 * @returns {Promise<Module>}
 */
async function whenLoaded(library) {
  try {
    return await library;
  } catch {
    worker.postMessage({ unfit: true });
    return new Promise(() => {});
  }
}

const loadSha2 = () => whenLoaded((libraries.sha2 ??= IMPORTS.sha2()));
const loadLegacy = () => whenLoaded((libraries.legacy ??= IMPORTS.legacy()));

/** @param {ArrayBuffer} bytes */
async function sha256(bytes) {
  if (globalThis.crypto?.subtle) return crypto.subtle.digest("SHA-256", bytes);
  return (await loadSha2()).sha256(new Uint8Array(bytes)).buffer;
}

/** @param {ArrayBuffer} bytes */
async function md5Of(bytes) {
  return (await loadLegacy()).md5(new Uint8Array(bytes)).buffer;
}

/** @param {{id: number, blob: Blob, hashId?: number, md5?: boolean}} request */
async function digestSlice({ id, blob, hashId, md5: isMd5Requested }) {
  try {
    const bytes = await blob.arrayBuffer();
    const digest = await sha256(bytes);
    const md5 = isMd5Requested ? await md5Of(bytes) : null;
    if (hashId) enqueue(hashId, new Uint8Array(bytes));
    else freeBuffer(bytes);
    if (md5) worker.postMessage({ id, digest, md5 }, [digest, md5]);
    else worker.postMessage({ id, digest }, [digest]);
  } catch (error) {
    worker.postMessage({ id, error: isUnreadable(error) ? "" : String(error) });
  }
  queueStep();
}

/** @param {unknown} error */
function isUnreadable(error) {
  return error instanceof Error && (error.name === "NotReadableError" || error.name === "NotFoundError");
}

/**
 * Adds a slice to the hash of its file. Slices of one file arrive in order.
 *
 * @param {number} hashId
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
function enqueue(hashId, bytes) {
  if (droppedIds.has(hashId)) return;
  const fileHash = hashes.get(hashId) ?? { hasher: null, waiting: [], offset: 0, isStarted: false, isComplete: false };
  fileHash.waiting.push(bytes);
  hashes.set(hashId, fileHash);
}

function queueStep() {
  if (isStepQueued) return;
  isStepQueued = true;
  steps.port2.postMessage(null);
}

/** One step; messages that have arrived in the meantime are handled before the next one. */
async function step() {
  const { sha256: hash } = await loadSha2();
  isStepQueued = false;
  for (const [hashId, fileHash] of hashes) {
    if (!fileHash.isStarted) continue;
    /** @type {Hasher} */
    const hasher = (fileHash.hasher ??= hash.create());
    const [bytes] = fileHash.waiting;
    if (bytes) advance(hashId, fileHash, hasher, bytes);
    else if (fileHash.isComplete) complete(hashId, hasher);
    else continue;
    queueStep();
    return;
  }
}

/**
 * @param {number} hashId
 * @param {FileHash} fileHash
 * @param {Hasher} hasher
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
function advance(hashId, fileHash, hasher, bytes) {
  const startedAt = performance.now();
  const chunk = bytes.subarray(fileHash.offset, fileHash.offset + STEP_BYTES);
  hasher.update(chunk);
  fileHash.offset += chunk.length;
  if (fileHash.offset === bytes.length) {
    fileHash.waiting.shift();
    fileHash.offset = 0;
    freeBuffer(bytes.buffer);
  }
  worker.postMessage({ hashId, bytes: chunk.length, ms: performance.now() - startedAt });
}

/**
 * @param {number} hashId
 * @param {Hasher} hasher
 */
function complete(hashId, hasher) {
  hashes.delete(hashId);
  const hex = [...hasher.digest()].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  worker.postMessage({ hashId, hex });
}

/** @param {number} hashId */
function drop(hashId) {
  droppedIds.add(hashId);
  hashes.delete(hashId);
}

/** @param {{hashId: number, start?: true, end?: true}} message */
function updateHash({ hashId, start, end }) {
  const fileHash = hashes.get(hashId);
  if (!fileHash) return;
  fileHash.isStarted ||= start === true;
  fileHash.isComplete ||= end === true;
  queueStep();
}

steps.port1.addEventListener("message", () => void step());
steps.port1.start();

worker.addEventListener("message", ({ data }) => {
  if (data.blob) void digestSlice(data);
  else if (data.drop) drop(data.hashId);
  else updateHash(data);
});
