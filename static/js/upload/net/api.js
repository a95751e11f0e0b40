/**
 * The server's JSON calls that the uploader needs, one method each. Errors come as `ApiError` (the server said no) or
 * `NetworkError` (nobody answered).
 */
import { ApiError, NetworkError, isAbort } from "./errors.js";
import { retryAfterSeconds } from "./retry.js";

const ANSWER_MS = 60_000;

export class Api {
  #base;
  #session;
  #fetch;

  /** `base` is the path of the API without a slash at its end; `session` gives the page's CSRF token and recovers from refusals. */
  constructor({ base, session, fetch = globalThis.fetch.bind(globalThis) }) {
    this.#base = base;
    this.#session = session;
    this.#fetch = fetch;
  }

  me = (options) => this.#call("GET", "/me", null, options);
  share = (id, options) => this.#call("GET", `/shares/${id}`, null, options);
  createShare = (share, options) => this.#call("POST", "/shares", share, options);
  editShare = (id, changes, options) => this.#call("PATCH", `/shares/${id}`, changes, options);
  revokeShare = (id, options) => this.#call("DELETE", `/shares/${id}`, null, options);
  addFiles = (id, files, options) => this.#call("POST", `/shares/${id}/files`, { files }, options);
  removeFile = (id, fileId, options) => this.#call("DELETE", `/shares/${id}/files/${fileId}`, null, options);
  describeFiles = (id, files, options) => this.#call("POST", `/shares/${id}/types`, { files }, options);
  signThumbnail = (fileId, drawing, options) => this.#call("POST", `/uploads/${fileId}/thumbnail`, drawing, options);
  completeThumbnail = (fileId, options) => this.#call("POST", `/uploads/${fileId}/thumbnail/complete`, null, options);
  upload = (fileId, options) => this.#call("GET", `/uploads/${fileId}`, null, options);
  signParts = (fileId, parts, options) => this.#call("POST", `/uploads/${fileId}/parts`, { parts }, options);
  signFiles = (files, options) => this.#call("POST", "/uploads/sign", { files }, options);
  complete = (fileId, claims, options) => this.#call("POST", `/uploads/${fileId}/complete`, claims, options);
  completeFiles = (files, options) => this.#call("POST", "/uploads/complete", { files }, options);

  /** `key` names a request that may be sent more than once and must be done once. */
  async #call(method, path, body, { signal, key } = {}) {
    for (;;) {
      const used = this.#session.csrf;
      try {
        return await this.#once({ method, path, body, used, key, signal });
      } catch (error) {
        if (!(await this.#session.recover(error, { used, signal }))) throw error;
      }
    }
  }

  async #once({ method, path, body, used, key, signal }) {
    const timeout = AbortSignal.timeout(ANSWER_MS);
    const request = {
      method,
      credentials: "same-origin",
      redirect: "error",
      keepalive: method === "DELETE", // may be the last word of a page that is being left
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      headers: { Accept: "application/json", "X-CSRFToken": used },
    };
    addBody(request, body, key);
    let response;
    try {
      response = await this.#fetch(this.#base + path, request);
      if (response.ok) return response.status === 204 ? null : await response.json();
    } catch (error) {
      if (isAbort(error) && signal?.aborted) throw error;
      throw new NetworkError("server");
    }
    throw await refusal(response);
  }
}

/** The problem of one file of a batch, as if the file had been requested alone. */
export function problemError({ status, code, detail, field = null, retry_after: retryAfter = null }) {
  return new ApiError({ status, code, detail, field, retryAfter });
}

function addBody(request, body, key) {
  if (key) request.headers["Idempotency-Key"] = key;
  if (body === null) return;
  request.body = JSON.stringify(body);
  request.headers["Content-Type"] = "application/json";
}

/** A name that no other request has; by `getRandomValues`, since plain http knows no `randomUUID`. */
export function requestKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function refusal(response) {
  const problem = await response.json().catch(() => ({}));
  return new ApiError({
    status: response.status,
    code: problem.code ?? "unknown",
    detail: problem.detail ?? problem.title ?? sentence(response.status),
    field: problem.field ?? null,
    retryAfter: retryAfterSeconds(response.headers.get("Retry-After")),
  });
}

/** For answers that a proxy in between made up, without a problem document. */
function sentence(status) {
  if (status === 401 || status === 403) return "You are no longer signed in. Sign in again in another tab, then go on.";
  if (status === 413) return "A proxy in front of this server refuses requests of this size.";
  return `The server gave an answer that makes no sense here (${status}).`;
}
