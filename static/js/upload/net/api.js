/**
 * The requests of the uploader to the JSON API of the server, a method each. They reject with `ApiError` (the server
 * refuses) or `NetworkError` (there is no response).
 */
import { gettext, interpolate } from "../../lib/i18n.js";
import { ApiError, NetworkError, isAbort, isRateLimit } from "./errors.js";
import { retryAfterSeconds } from "./retry.js";

/** @typedef {import("./session.js").Session} Session */

/**
 * `key` is the idempotency key of a request that is sent several times but has to be executed once.
 *
 * @typedef {{signal?: AbortSignal, key?: string}} RequestOptions
 */

/**
 * The fields of a share that its owner sets.
 *
 * @typedef {object} ShareFields
 * @property {string} title
 * @property {string} message
 * @property {string | null} [expires_at]  RFC 3339; null: never
 * @property {number} [expires_in]  seconds, instead of `expires_at`
 * @property {number | null} max_downloads
 * @property {string | null} password
 * @property {boolean} strict
 * @property {string | null} preset  its API name
 */

/** @typedef {{name: string, size: number, content_type?: string, path?: string, part_size?: number}} FileDeclaration */
/** @typedef {{id: string, state: string, part_size: number}} Slot */

/**
 * @typedef {object} Share
 * @property {string} id
 * @property {string} url
 * @property {string} title
 * @property {string} message
 * @property {string} state
 * @property {string | null} expires_at
 * @property {number | null} max_downloads
 * @property {boolean} has_password
 * @property {boolean} strict
 * @property {string | null} preset
 * @property {Slot[]} files
 */

/** @typedef {{number: number, size: number, checksum: string | null}} StoredPart */
/** @typedef {{id: string, state: string, size: number, part_size: number, parts: StoredPart[]}} UploadState */
/** @typedef {{checksum_sha256: string, checksum_md5?: string}} Checksums */
/** @typedef {{number: number, url: string, headers: Record<string, string>}} SignedPart */
/** @typedef {Checksums & {size: number, content_type: string, width: number, height: number}} ThumbnailDeclaration */

/**
 * An error document (RFC 9457).
 *
 * @typedef {object} Problem
 * @property {number} status
 * @property {string} code
 * @property {string} detail
 * @property {string | null} [field]
 * @property {number | null} [retry_after]
 */

/**
 * A file of a batch: its URL, or its problem.
 *
 * @typedef {{id: string, url: string, headers: Record<string, string>, problem: null} | {id: string, problem: Problem}} SignedFile
 */
/** @typedef {{quota: {left_bytes: number, left_files: number}}} Account */

const TIMEOUT_MS = 60_000;

export class Api {
  #base;
  #session;
  #fetch;
  #isRateLimited = false;

  /**
   * @param {object} settings
   * @param {string} settings.base  the path of the API without a slash at its end
   * @param {Pick<Session, "csrf" | "recover">} settings.session
   * @param {(isLimited: boolean) => void} [settings.onRateLimit]  the server starts or stops limiting the requests
   * @param {typeof globalThis.fetch} [settings.fetch]
   */
  constructor({ base, session, onRateLimit = () => {}, fetch = globalThis.fetch.bind(globalThis) }) {
    this.#base = base;
    this.#session = session;
    this.onRateLimit = onRateLimit;
    this.#fetch = fetch;
  }

  /** @type {(options?: RequestOptions) => Promise<Account>} */
  me = (options) => this.#call("GET", "/me", null, options);

  /** @type {(id: string, options?: RequestOptions) => Promise<Share>} */
  share = (id, options) => this.#call("GET", `/shares/${id}`, null, options);

  /** @type {(share: ShareFields & {files: FileDeclaration[]}, options?: RequestOptions) => Promise<Share>} */
  createShare = (share, options) => this.#call("POST", "/shares", share, options);

  /** @type {(id: string, changes: Partial<ShareFields>, options?: RequestOptions) => Promise<Share>} */
  editShare = (id, changes, options) => this.#call("PATCH", `/shares/${id}`, changes, options);

  /** @type {(id: string, options?: RequestOptions) => Promise<null>} */
  revokeShare = (id, options) => this.#call("DELETE", `/shares/${id}`, null, options);

  /** @type {(id: string, files: FileDeclaration[], options?: RequestOptions) => Promise<{files: Slot[]}>} */
  addFiles = (id, files, options) => this.#call("POST", `/shares/${id}/files`, { files }, options);

  /** @type {(id: string, fileId: string, options?: RequestOptions) => Promise<null>} */
  removeFile = (id, fileId, options) => this.#call("DELETE", `/shares/${id}/files/${fileId}`, null, options);

  /** @type {(id: string, files: {id: string, content_type: string}[], options?: RequestOptions) => Promise<unknown>} */
  describeFiles = (id, files, options) => this.#call("POST", `/shares/${id}/types`, { files }, options);

  /** @type {(fileId: string, thumbnail: ThumbnailDeclaration, options?: RequestOptions) => Promise<Omit<SignedPart, "number">>} */
  signThumbnail = (fileId, thumbnail, options) => this.#call("POST", `/uploads/${fileId}/thumbnail`, thumbnail, options);

  /** @type {(fileId: string, options?: RequestOptions) => Promise<unknown>} */
  completeThumbnail = (fileId, options) => this.#call("POST", `/uploads/${fileId}/thumbnail/complete`, null, options);

  /** @type {(fileId: string, options?: RequestOptions) => Promise<UploadState>} */
  upload = (fileId, options) => this.#call("GET", `/uploads/${fileId}`, null, options);

  /** @type {(fileId: string, parts: (Checksums & {number: number})[], options?: RequestOptions) => Promise<{parts: SignedPart[], expires_in: number}>} */
  signParts = (fileId, parts, options) => this.#call("POST", `/uploads/${fileId}/parts`, { parts }, options);

  /** @type {(files: (Checksums & {id: string})[], options?: RequestOptions) => Promise<{files: SignedFile[], expires_in: number}>} */
  signFiles = (files, options) => this.#call("POST", "/uploads/sign", { files }, options);

  /** @type {(fileId: string, claims: {sha256?: string}, options?: RequestOptions) => Promise<unknown>} */
  complete = (fileId, claims, options) => this.#call("POST", `/uploads/${fileId}/complete`, claims, options);

  /** @type {(files: {id: string}[], options?: RequestOptions) => Promise<{files: {problem: Problem | null}[]}>} */
  completeFiles = (files, options) => this.#call("POST", "/uploads/complete", { files }, options);

  /**
   * @param {string} method
   * @param {string} path
   * @param {object | null} body
   * @param {RequestOptions} [options]
   * @returns {Promise<any>}  JSON of the server: each method states its shape
   */
  async #call(method, path, body, { signal, key } = {}) {
    for (;;) {
      const { csrf } = this.#session;
      try {
        const result = await this.#request({ method, path, body, csrf, key, signal });
        if (this.#isRateLimited && method !== "GET") this.#setRateLimited(false);
        return result;
      } catch (error) {
        if (isRateLimit(error)) this.#setRateLimited(true);
        if (!(await this.#session.recover(error, { csrf, signal }))) throw error;
      }
    }
  }

  /** @param {boolean} isLimited */
  #setRateLimited(isLimited) {
    this.#isRateLimited = isLimited;
    this.onRateLimit(isLimited);
  }

  /** @param {RequestOptions & {method: string, path: string, body: object | null, csrf: string}} request */
  async #request({ method, path, body, csrf, key, signal }) {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    let response;
    try {
      response = await this.#fetch(this.#base + path, {
        method,
        credentials: "same-origin",
        redirect: "error",
        keepalive: method === "DELETE", // sent even if the page is being left
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
        headers: headersOf({ csrf, key, hasBody: body !== null }),
        ...(body === null ? {} : { body: JSON.stringify(body) }),
      });
      if (response.ok) return response.status === 204 ? null : await response.json();
    } catch (error) {
      if (isAbort(error) && signal?.aborted) throw error;
      throw new NetworkError("server");
    }
    throw await refusalOf(response);
  }
}

/**
 * @param {{csrf: string, key?: string, hasBody: boolean}} request
 * @returns {Record<string, string>}
 */
function headersOf({ csrf, key, hasBody }) {
  return {
    Accept: "application/json",
    "X-CSRFToken": csrf,
    ...(key ? { "Idempotency-Key": key } : {}),
    ...(hasBody ? { "Content-Type": "application/json" } : {}),
  };
}

/**
 * The problem of one file of a batch, as if it had been requested alone.
 *
 * @param {Problem} problem
 */
export function problemError({ status, code, detail, field = null, retry_after: retryAfter = null }) {
  return new ApiError({ status, code, detail, field, retryAfter });
}

/** A key that no other request has; by `getRandomValues`, because browsers hide `randomUUID` on plain http. */
export function requestKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {Response} response */
async function refusalOf(response) {
  const problem = await response.json().catch(() => ({}));
  return new ApiError({
    status: response.status,
    code: problem.code ?? "unknown",
    detail: problem.detail ?? problem.title ?? fallbackDetail(response.status),
    field: problem.field ?? null,
    retryAfter: retryAfterSeconds(response.headers.get("Retry-After")),
  });
}

/**
 * For responses of a proxy, which contain no problem document.
 *
 * @param {number} status
 */
function fallbackDetail(status) {
  if (status === 401 || status === 403) return gettext("You're no longer signed in. Sign in again in another tab, then resume.");
  if (status === 413) return gettext("A proxy in front of this server refuses requests of this size.");
  return interpolate(gettext("The server sent an unexpected response (%(status)s)."), { status });
}
