/**
 * The errors of an upload, and what follows from each: a retry, a fresh URL, or a message for the person who is uploading.
 */
import { gettext, interpolate } from "../../lib/i18n.js";
import { kindOf, textsOf } from "./remedies.js";

/** @typedef {"retry" | "sign" | "digest" | "stop"} Recovery */

/** A response of this site that is not a success. */
export class ApiError extends Error {
  /**
   * @param {object} problem
   * @param {number} problem.status
   * @param {string} problem.code  the code of the problem document, such as "quota-exceeded"
   * @param {string} problem.detail  a sentence
   * @param {string | null} [problem.field]  the field of the input that is wrong
   * @param {number | null} [problem.retryAfter]  seconds
   */
  constructor({ status, code, detail, field = null, retryAfter = null }) {
    super(detail);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.field = field;
    this.retryAfter = retryAfter;
  }
}

/** A response of the storage that is not a success. */
export class StorageError extends Error {
  /**
   * @param {object} problem
   * @param {number} problem.status
   * @param {string} problem.code  the `<Code>` of the XML
   * @param {string} [problem.detail]
   * @param {number | null} [problem.retryAfter]  seconds
   */
  constructor({ status, code, detail = "", retryAfter = null }) {
    super(detail || code);
    this.name = "StorageError";
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** No response: the connection was cut or refused, or the browser hides the response from the page. */
export class NetworkError extends Error {
  /** @param {"server" | "storage"} target */
  constructor(target, message = gettext("No response from the network.")) {
    super(message);
    this.name = "NetworkError";
    this.target = target;
  }
}

/** The other side accepted no byte for too long, so the request was canceled. */
export class StallError extends NetworkError {
  /** @param {"server" | "storage"} target */
  constructor(target) {
    super(target, gettext("The connection stalled."));
    this.name = "StallError";
  }
}

/** The file on the disk cannot be read any more, or has changed since it was selected. */
export class UnreadableError extends Error {
  constructor() {
    super(gettext("This file can no longer be read from your device. Select it again to upload it."));
    this.name = "UnreadableError";
  }
}

/** The file that was selected to resume an upload is not the file whose parts are stored. */
export class ChangedError extends Error {
  /** @param {string} name */
  constructor(name) {
    super(interpolate(gettext("“%(name)s” has changed. Add it as a new file."), { name }));
    this.name = "ChangedError";
  }
}

/** @param {unknown} error */
export function isAbort(error) {
  return /** @type {{name?: string} | null | undefined} */ (error)?.name === "AbortError";
}

/**
 * The seconds that the response requests before a retry, or null.
 *
 * @param {unknown} error
 */
export function retryAfterOf(error) {
  return error instanceof ApiError || error instanceof StorageError ? error.retryAfter : null;
}

/**
 * Whether the server limits how often this account may request something, and states when it may again.
 *
 * @param {unknown} error
 * @returns {error is ApiError}
 */
export const isRateLimit = (error) => error instanceof ApiError && error.code === "too-many-requests";

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
 * `retry`: wait and repeat. `sign`: repeat with a fresh URL. `digest`: read the part again, then repeat. `stop`: only a
 * person can decide.
 *
 * @param {unknown} error
 * @returns {Recovery}
 */
export function recoveryFor(error) {
  if (error instanceof NetworkError) return "retry";
  if (error instanceof ApiError) return RETRY_STATUS.has(error.status) ? "retry" : "stop";
  return error instanceof StorageError ? storageRecovery(error) : "stop";
}

/**
 * @param {StorageError} error
 * @returns {Recovery}
 */
function storageRecovery(error) {
  if (kindOf(error) === "full") return "stop";
  if (BAD_BYTES.has(error.code)) return "digest";
  if (STALE_URL.has(error.code) || error.status === 403) return "sign";
  return RETRY_STATUS.has(error.status) || error.status === 409 ? "retry" : "stop";
}

/** Refusals of the file itself, or of a share that has ended: a retry gets the same response. */
const FINAL_CODES = new Set(["too-large", "type-not-allowed", "removed", "expired", "not-found"]);
export const FILE_FIELDS = new Set(["files", "name", "path", "size", "content_type"]);

/**
 * Whether a retry by a person can succeed.
 *
 * @param {unknown} error
 */
export function worthRetrying(error) {
  if (!(error instanceof ApiError)) return true;
  return !FINAL_CODES.has(error.code) && !(error.code === "invalid" && FILE_FIELDS.has(error.field ?? ""));
}

/**
 * A sentence for the person who is uploading; never a status code alone.
 *
 * @param {unknown} error
 */
export function messageFor(error) {
  if (error instanceof ApiError || error instanceof ChangedError || error instanceof UnreadableError) return error.message;
  if (error instanceof StorageError) return storageMessage(error);
  if (error instanceof NetworkError) return gettext("The network didn't come back in time. Uploaded data is kept.");
  return gettext("Something unexpected stopped this file. Uploaded data is kept.");
}

/** @param {StorageError} error */
function storageMessage(error) {
  if (BAD_BYTES.has(error.code)) return gettext("The file changed during the upload.");
  if (error.code === "NoSuchUpload") return gettext("The server has ended this upload. Start it again.");
  const kind = kindOf(error);
  if (kind) return textsOf(kind).message;
  if (error.status >= 500) return gettext("The file storage didn't respond properly for a long time.");
  return gettext("The file storage didn't accept this file.");
}
