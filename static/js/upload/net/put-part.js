/**
 * One PUT of one part to the storage. By XMLHttpRequest, because fetch does not report how much of a body is sent; the
 * browser reads the slice from the disk while it sends, so memory stays flat.
 */
import { Connections } from "./connections.js";
import { NetworkError, StallError, StorageError, UnreadableError } from "./errors.js";
import { retryAfterSeconds } from "./retry.js";

/**
 * @typedef {object} PutRequest
 * @property {string} url
 * @property {Record<string, string>} headers
 * @property {Blob} blob
 * @property {AbortSignal} signal
 * @property {(sentBytes: number) => void} onProgress
 * @property {number} [stallMs]  after how many milliseconds without a byte the request is canceled
 */

export const STALL_MS = 30_000;
/** The storage may take this many times longer to respond once it has every byte. */
const RESPONSE_FACTOR = 2;

const connections = new Connections();

/**
 * 412: an earlier attempt, whose response was lost, has stored the object. Its content is compared at completion.
 *
 * @param {number} status
 */
const isStored = (status) => (status >= 200 && status < 300) || status === 412;

/**
 * Resolves when the storage has the part. Rejects with the reason of `signal`, or with `StallError`, `NetworkError`,
 * `StorageError` or `UnreadableError`.
 *
 * @param {PutRequest} request
 */
export async function putPart(request) {
  try {
    await send(request);
  } catch (error) {
    // To the page, a file that was removed looks like a network error: read from the disk to distinguish the two.
    if (error instanceof NetworkError && !(await isReadable(request.blob))) throw new UnreadableError();
    throw error;
  }
}

/**
 * @param {PutRequest} putRequest
 * @returns {Promise<void>}
 */
function send({ url, headers, blob, signal, onProgress, stallMs = STALL_MS }) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    const listeners = new AbortController();
    let watchdog = 0;
    let leave = () => {};
    /** @param {() => void} settle */
    const end = (settle) => {
      clearTimeout(watchdog);
      leave();
      listeners.abort();
      settle();
      request.abort(); // has no effect on a request that has ended
    };
    /** @param {unknown} error */
    const fail = (error) => end(() => reject(error));
    /** @param {number} ms */
    const watch = (ms) => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => fail(new StallError("storage")), ms);
    };
    signal.addEventListener("abort", () => fail(signal.reason), { signal: listeners.signal });
    request.upload.addEventListener("progress", ({ loaded }) => {
      watch(loaded < blob.size ? stallMs : RESPONSE_FACTOR * stallMs);
      onProgress(Math.min(loaded, blob.size));
    });
    request.addEventListener("error", () => fail(new NetworkError("storage")));
    request.addEventListener("load", () => (isStored(request.status) ? end(resolve) : fail(storageError(request))));
    request.open("PUT", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.send(blob);
    // No bytes are expected while the request waits in the browser for a connection.
    leave = connections.enter(() => watch(stallMs));
  });
}

/** @param {XMLHttpRequest} request */
function storageError(request) {
  const text = request.responseText ?? "";
  return new StorageError({
    status: request.status,
    code: /<Code>([^<]+)<\/Code>/.exec(text)?.[1] ?? `HTTP ${request.status}`,
    detail: /<Message>([^<]+)<\/Message>/.exec(text)?.[1],
    // `getResponseHeader` of a header that CORS hides logs an error in the console.
    retryAfter: retryAfterSeconds(/^retry-after: *(.+)$/im.exec(request.getAllResponseHeaders())?.[1]),
  });
}

/** @param {Blob} blob */
async function isReadable(blob) {
  try {
    await blob.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
