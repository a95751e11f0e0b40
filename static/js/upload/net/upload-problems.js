/**
 * Watches the requests of parts and finds out why they fail: a storage that answers everyone but this page is no dead
 * line. It only reports; what is retried, and when, is the engine's decision. The first part that arrives ends the problem.
 */
import { NetworkError } from "./errors.js";
import { diagnose, kindOf, passing, textsOf } from "./remedies.js";

const PROBE_MS = 8_000;
/** In a row; fewer than this are an accident. */
const FAILURES = 3;

export class UploadProblems {
  #failures = 0;
  #diagnosing = false;
  #logged = new Set();

  /** `show(message)` gets a sentence, or "" when all is well again; `log(text)` what an administrator should read. */
  constructor({ show, log, probe = probes, online = () => navigator.onLine }) {
    Object.assign(this, { show, log, probe, online });
  }

  /** `put` as the engine calls it, watched. */
  watch(put) {
    return async (request) => {
      try {
        await put(request);
        if (this.#failures > 0) this.show("");
        this.#failures = 0;
      } catch (error) {
        if (!request.signal.aborted) this.#note(error, request);
        throw error;
      }
    };
  }

  #note(error, request) {
    this.#failures += 1;
    const kind = kindOf(error);
    if (passing(kind) && this.#failures < FAILURES) return;
    if (kind) this.#report(kind);
    else if (error instanceof NetworkError && this.online()) void this.#diagnose(request);
  }

  async #diagnose(request) {
    if (this.#diagnosing) return;
    this.#diagnosing = true;
    const kind = await diagnose({ ...this.probe(request), failures: this.#failures });
    this.#diagnosing = false;
    if (kind && this.#failures > 0) this.#report(kind);
  }

  #report(kind) {
    const { message, remedy } = textsOf(kind);
    this.show(message);
    if (!this.#logged.has(kind)) this.log(remedy);
    this.#logged.add(kind);
  }
}

/** The second is a part without bytes: signed for others, so refused, but refused with an answer that CORS lets through. */
function probes({ url, headers }) {
  const defaults = { cache: "no-store", credentials: "omit" };
  const arrives = (address, options) =>
    fetch(address, { ...defaults, ...options, signal: AbortSignal.timeout(PROBE_MS) }).then(
      () => true,
      () => false,
    );
  return {
    reachable: () => arrives(new URL(url).origin, { mode: "no-cors" }),
    answers: () => arrives(url, { method: "PUT", headers, body: "" }),
  };
}
