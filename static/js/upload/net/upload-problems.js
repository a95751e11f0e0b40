/**
 * Watches the PUTs of parts and finds out why they fail: the storage may be reachable for everyone but this page. It only
 * reports; retries are decided in engine/transfer.js. The first part that arrives ends the problem.
 */
import { NetworkError } from "./errors.js";
import { diagnose, isTransient, kindOf, textsOf } from "./remedies.js";

/** @typedef {import("./put-part.js").PutRequest} PutRequest */
/** @typedef {import("./remedies.js").Probe} Probe */
/** @typedef {import("./remedies.js").ProblemKind} ProblemKind */

const PROBE_TIMEOUT_MS = 8_000;
/** Fewer failures in a row are an accident. */
const MIN_FAILURES = 3;

export class UploadProblems {
  #failures = 0;
  #isDiagnosing = false;
  /** @type {Set<ProblemKind>} */
  #loggedKinds = new Set();

  /**
   * @param {object} settings
   * @param {(message: string) => void} settings.show  displays a sentence; "" when the problem has ended
   * @param {(remedy: string) => void} settings.log  writes what an administrator can do
   * @param {(request: PutRequest) => Probe} [settings.probe]
   * @param {() => boolean} [settings.online]
   */
  constructor({ show, log, probe = probeStorage, online = () => navigator.onLine }) {
    this.show = show;
    this.log = log;
    this.probe = probe;
    this.online = online;
  }

  /**
   * `put` with its failures watched.
   *
   * @param {(request: PutRequest) => Promise<void>} put
   * @returns {(request: PutRequest) => Promise<void>}
   */
  watch(put) {
    return async (request) => {
      try {
        await put(request);
        if (this.#failures > 0) this.show("");
        this.#failures = 0;
      } catch (error) {
        if (!request.signal.aborted) this.#recordFailure(error, request);
        throw error;
      }
    };
  }

  /**
   * @param {unknown} error
   * @param {PutRequest} request
   */
  #recordFailure(error, request) {
    this.#failures += 1;
    const kind = kindOf(error);
    if (isTransient(kind) && this.#failures < MIN_FAILURES) return;
    if (kind) this.#report(kind);
    else if (error instanceof NetworkError && this.online()) void this.#diagnose(request);
  }

  /** @param {PutRequest} request */
  async #diagnose(request) {
    if (this.#isDiagnosing) return;
    this.#isDiagnosing = true;
    const kind = await diagnose({ ...this.probe(request), failures: this.#failures });
    this.#isDiagnosing = false;
    if (kind && this.#failures > 0) this.#report(kind);
  }

  /** @param {ProblemKind} kind */
  #report(kind) {
    const { message, remedy } = textsOf(kind);
    this.show(message);
    if (!this.#loggedKinds.has(kind)) this.log(remedy);
    this.#loggedKinds.add(kind);
  }
}

/**
 * `acceptsPage` sends a part without bytes: its signature is for other bytes, so the storage refuses it, but with a response
 * that CORS lets the page read.
 *
 * @param {PutRequest} request
 * @returns {Probe}
 */
function probeStorage({ url, headers }) {
  /**
   * @param {string} address
   * @param {RequestInit} options
   */
  const respondsTo = (address, options) =>
    fetch(address, { cache: "no-store", credentials: "omit", ...options, signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) }).then(
      () => true,
      () => false,
    );
  return {
    isReachable: () => respondsTo(new URL(url).origin, { mode: "no-cors" }),
    acceptsPage: () => respondsTo(url, { method: "PUT", headers, body: "" }),
  };
}
