/**
 * One PUT of one part straight to the storage. XMLHttpRequest, since fetch cannot report how much of a body has left;
 * the browser reads the slice from disk while it sends, so memory stays flat.
 */
import { Connections } from "./connections.js";
import { NetworkError, StallError, StorageError, UnreadableError } from "./errors.js";
import { retryAfterSeconds } from "./retry.js";

/** No byte for this long: the line is dead, cut and send again. */
export const STALL_MS = 30_000;
/** The storage may think this many times longer once it has every byte. */
const THINKING = 2;

const connections = new Connections();

/** 412: the object is there, by an earlier try whose answer was lost. What it holds is compared at completion. */
const isStored = (status) => (status >= 200 && status < 300) || status === 412;

/**
 * Resolves when the storage has the part. `onProgress` gets bytes sent so far. Rejects with `AbortError` when
 * `signal` ends, else with `StallError`, `NetworkError`, `StorageError` or `UnreadableError`.
 */
export async function putPart({ url, headers, blob, signal, onProgress, stallMs = STALL_MS }) {
  try {
    await send({ url, headers, blob, signal, onProgress, stallMs });
  } catch (error) {
    // A file that vanished looks like a dead network from here; ask the disk before blaming the line.
    if (error instanceof NetworkError && !(await readable(blob))) throw new UnreadableError();
    throw error;
  }
}

function send({ url, headers, blob, signal, onProgress, stallMs }) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    const over = new AbortController();
    let watchdog = 0;
    let leave = () => {};
    const settle = (verdict, value) => {
      clearTimeout(watchdog);
      leave();
      over.abort();
      verdict(value);
      request.abort(); // does nothing to a request that has ended
    };
    const watch = (ms) => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => settle(reject, new StallError("storage")), ms);
    };
    signal.addEventListener("abort", () => settle(reject, signal.reason), { signal: over.signal });
    request.upload.addEventListener("progress", ({ loaded }) => {
      watch(loaded < blob.size ? stallMs : THINKING * stallMs);
      onProgress(Math.min(loaded, blob.size));
    });
    request.addEventListener("error", () => settle(reject, new NetworkError("storage")));
    request.addEventListener("load", () => {
      if (isStored(request.status)) settle(resolve);
      else settle(reject, refusal(request));
    });
    request.open("PUT", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.send(blob);
    // While it waits in the browser for a connection, its silence means nothing.
    leave = connections.enter(() => watch(stallMs));
  });
}

function refusal(request) {
  const text = request.responseText ?? "";
  return new StorageError({
    status: request.status,
    code: /<Code>([^<]+)<\/Code>/.exec(text)?.[1] ?? `HTTP ${request.status}`,
    detail: /<Message>([^<]+)<\/Message>/.exec(text)?.[1],
    // Asked for by name, a header that CORS hides is an error in the console.
    retryAfter: retryAfterSeconds(/^retry-after: *(.+)$/im.exec(request.getAllResponseHeaders())?.[1]),
  });
}

async function readable(blob) {
  try {
    await blob.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
