/**
 * What can go wrong on the way up, and what it means: try again by itself, ask for a fresh URL, or stop and say why.
 */
import { kindOf, textsOf } from "./remedies.js";

/** An answer of our own server that is not a success; `code` is its machine word, `field` the input at fault. */
export class ApiError extends Error {
  constructor({ status, code, detail, field = null, retryAfter = null }) {
    super(detail);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.field = field;
    this.retryAfter = retryAfter;
  }
}

/** An answer of the file storage that is not a success; `code` is the `<Code>` of its XML. */
export class StorageError extends Error {
  constructor({ status, code, detail = "", retryAfter = null }) {
    super(detail || code);
    this.name = "StorageError";
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** No answer at all: cut, refused, unreachable, or hidden from the page by the browser. */
export class NetworkError extends Error {
  constructor(target, message = "No response from the network.") {
    super(message);
    this.name = "NetworkError";
    this.target = target;
  }
}

/** The other side took no byte for too long, so the request was cut here. */
export class StallError extends NetworkError {
  constructor(target) {
    super(target, "The connection stalled.");
    this.name = "StallError";
  }
}

/** The file on the person's own disk cannot be read any more, or is no longer the one that was chosen. */
export class UnreadableError extends Error {
  constructor(message = "This file can no longer be read from your device.") {
    super(message);
    this.name = "UnreadableError";
  }
}

/** The file that was brought to go on is not the one whose parts are stored. */
export class ChangedError extends Error {
  constructor(name) {
    super(`“${name}” has changed since; add it as a new file.`);
    this.name = "ChangedError";
  }
}

export const isAbort = (error) => error?.name === "AbortError";

const RETRY_STATUS = new Set([408, 425, 429, 500, 502, 503, 504]);
const STALE_URL = new Set([
  "AccessDenied",
  "ExpiredToken",
  "RequestExpired",
  "RequestTimeTooSkewed",
  "SignatureDoesNotMatch",
]);
const BAD_BYTES = new Set(["BadDigest", "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch"]);

/**
 * One of `again` (wait and repeat), `sign` (repeat with a fresh URL), `digest` (read the part again, then repeat),
 * `stop` (a person must decide).
 */
export function recoveryFor(error) {
  if (error instanceof NetworkError) return "again";
  if (error instanceof ApiError) return RETRY_STATUS.has(error.status) ? "again" : "stop";
  return error instanceof StorageError ? storageRecovery(error) : "stop";
}

function storageRecovery(error) {
  if (kindOf(error) === "full") return "stop";
  if (BAD_BYTES.has(error.code)) return "digest";
  if (STALE_URL.has(error.code) || error.status === 403) return "sign";
  return RETRY_STATUS.has(error.status) || error.status === 409 ? "again" : "stop";
}

/** What the server says of the file itself, or of a share that has ended, it says again. */
const FINAL = new Set(["too-large", "type-not-allowed", "removed", "expired", "not-found"]);
export const ABOUT_FILES = new Set(["files", "name", "path", "size", "content_type"]);

/** Whether a person who tries again can have more luck. */
export function worthRetrying(error) {
  if (!(error instanceof ApiError)) return true;
  return !FINAL.has(error.code) && !(error.code === "invalid" && ABOUT_FILES.has(error.field));
}

/** A sentence for the person who is sending; never a status code alone. */
export function messageFor(error) {
  if (error instanceof UnreadableError) return `${error.message} Choose it again to send it.`;
  if (error instanceof ApiError || error instanceof ChangedError) return error.message;
  if (error instanceof StorageError) return storageMessage(error);
  if (error instanceof NetworkError) {
    return "The network did not come back in time. Everything sent so far is kept.";
  }
  return "Something unexpected stopped this file. Everything sent so far is kept.";
}

function storageMessage(error) {
  if (BAD_BYTES.has(error.code)) return "The file changed while it was being sent.";
  if (error.code === "NoSuchUpload") return "This upload was ended on the server. Start it again.";
  const kind = kindOf(error);
  if (kind) return textsOf(kind).message;
  if (error.status >= 500) return "The file storage did not answer properly for a long time.";
  return "The file storage did not accept this file.";
}
