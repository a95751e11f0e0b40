/**
 * Watches the parts leave and finds out why they do not: a storage that answers everyone but this page is no dead
 * line. It only tells; what is tried again, and when, is the engine's. The first part that arrives ends the trouble.
 */
import { NetworkError } from "./errors.js";
import { diagnose, kindOf, passing, remedy } from "./remedies.js";

const PROBE_MS = 8_000;
/** In a row; less than this is an accident. */
const FAILURES = 3;

export class Trouble {
  #failures = 0;
  #asking = false;
  #told = new Set();

  /** `show(words)` gets a sentence, or "" when all is well again; `log(text)` what an administrator should read. */
  constructor({ show, log, probe = probes, online = () => navigator.onLine }) {
    Object.assign(this, { show, log, probe, online });
  }

  /** `put` as the engine wants it, watched. */
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
    if (kind) this.#tell(kind);
    else if (error instanceof NetworkError && this.online()) void this.#ask(request);
  }

  async #ask(request) {
    if (this.#asking) return;
    this.#asking = true;
    const kind = await diagnose({ ...this.probe(request), failures: this.#failures });
    this.#asking = false;
    if (kind && this.#failures > 0) this.#tell(kind);
  }

  #tell(kind) {
    const { words, cure } = remedy(kind);
    this.show(words);
    if (!this.#told.has(kind)) this.log(cure);
    this.#told.add(kind);
  }
}

/** The second is a part without bytes: signed for others, so refused, but refused with an answer that CORS lets through. */
function probes({ url, headers }) {
  const asked = { cache: "no-store", credentials: "omit" };
  const arrives = (address, options) =>
    fetch(address, { ...asked, ...options, signal: AbortSignal.timeout(PROBE_MS) }).then(
      () => true,
      () => false,
    );
  return {
    reachable: () => arrives(new URL(url).origin, { mode: "no-cors" }),
    answers: () => arrives(url, { method: "PUT", headers, body: "" }),
  };
}
