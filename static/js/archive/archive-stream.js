/**
 * One download: the files of a plan, in order, as one stored ZIP whose length is known before its first byte. A single
 * file comes as it is.
 */
import { makeZip, predictLength } from "client-zip";
import { Source } from "./range-reader.js";
import { Links } from "./links.js";
import { thrifty } from "./backpressure.js";

/** Files up to this size are fetched ahead, some at a time: thousands of small ones would otherwise wait in a row. */
const SMALL = 256 * 1024;
const AHEAD = 6;
const NEWS_MS = 250;

export class Job {
  #abort = new AbortController();
  #told = 0;

  /**
   * `plan`: `{address, disposition, linksUrl, csrf, files: [{id, name, size}]}`. `tell` gets
   * `{state: "started" | "going" | "done" | "failed" | "canceled", bytes, total, why}`.
   */
  constructor(plan, tell, { links = new Links(plan), fetcher = (...call) => fetch(...call) } = {}) {
    Object.assign(this, { plan, tell, links, fetcher });
    this.bytes = 0;
    this.total = plan.files.reduce((sum, { size }) => sum + size, 0);
    this.modified = new Date();
  }

  /** By the page, or by the browser that takes no more. What was saved so far breaks off. */
  cancel() {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    this.#say("canceled");
  }

  answer() {
    const { files, disposition } = this.plan;
    const alone = files.length === 1;
    const length = alone ? files[0].size : predictLength(files.map(({ name, size }) => ({ name, size })));
    this.#say("started");
    return new Response(thrifty(alone ? this.#alone() : makeZip(this.#entries(), { buffersAreUTF8: true })), {
      headers: {
        "Content-Type": alone ? "application/octet-stream" : "application/zip",
        "Content-Length": String(length),
        "Content-Disposition": disposition,
        "X-Content-Type-Options": "nosniff",
      },
    });
  }

  #alone() {
    return this.#source(0).stream(
      (error) => this.#fail(error),
      (whole) => (whole ? this.#say("done") : this.cancel()),
    );
  }

  /** Ends early when the download is canceled; throws, and so breaks the download off visibly, when a file fails. */
  async *#entries() {
    let whole = false;
    try {
      yield* this.#inputs();
      whole = true;
      this.#say("done");
    } catch (error) {
      this.#fail(error);
      throw error;
    } finally {
      if (!whole) this.cancel();
    }
  }

  async *#inputs() {
    const { files } = this.plan;
    const early = new Map();
    for (const [index, file] of files.entries()) {
      for (let next = index; early.size < AHEAD && next < Math.min(index + AHEAD, files.length); next += 1) {
        if (files[next].size <= SMALL && !early.has(next)) early.set(next, this.#whole(next));
      }
      const input = early.has(index) ? await early.get(index) : this.#source(index).stream((error) => this.#fail(error));
      early.delete(index);
      try {
        yield { name: file.name, size: file.size, lastModified: this.modified, input };
      } catch (reason) {
        this.cancel(); // The browser takes no more; what fails here is thrown further up.
        throw reason;
      }
      if (file.size > SMALL) this.#say("going");
    }
  }

  #source(index) {
    return new Source({
      file: this.plan.files[index],
      link: (again) => this.links.of(index, again),
      fetcher: this.fetcher,
      signal: this.#abort.signal,
      onBytes: (count) => {
        this.bytes += count;
        if (performance.now() - this.#told > NEWS_MS) this.#say("going");
      },
    });
  }

  #whole(index) {
    const coming = this.#source(index).all();
    coming.catch(() => {}); // told when its turn comes
    return coming;
  }

  /** A download that its owner canceled is no failure. */
  #fail(error) {
    if (!this.#abort.signal.aborted) this.#say("failed", String(error.message ?? error));
    this.#abort.abort();
  }

  #say(state, why = "") {
    this.#told = performance.now();
    this.tell({ state, why, bytes: this.bytes, total: this.total });
  }
}
