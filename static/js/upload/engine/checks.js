/**
 * The last step of every file: the server compares what arrived with what was announced. Large files are asked for one
 * by one, small ones by the hundred; what one of them lacks is its own affair.
 */
import { problemError } from "../net/api.js";
import { ApiError, isAbort, recoveryFor } from "../net/errors.js";
import { Outage, backoff, retry } from "../net/retry.js";

const AT_ONCE = 4;
const BATCHES_AT_ONCE = 2;
const MOST_A_CALL = 100;
/** While more are on their way a call waits for company: for so many, or so long. */
const COMPANY = 50;
const COMPANY_MS = 250;
/** How often parts that got lost in the storage are sent again before a person is told. */
const PATIENCE = 5;

export class Checks {
  #large = { waiting: [], running: 0 };
  #small = { waiting: [], running: 0 };
  #lost = new Map();
  #timer = 0;

  /**
   * `more()` tells whether other files are still being sent. `whole(file)` resolves with the file's SHA-256 in hexadecimal, or null. `onReady(file)`, `onFailed(file, error)`,
   * `onReopened(file)`: the storage lacks parts of it, which are to be sent again.
   */
  constructor({ api, sleeper, more = () => false, whole = async () => null, onReady, onFailed, onReopened }) {
    Object.assign(this, { api, sleeper, more, whole, onReady, onFailed, onReopened });
  }

  add(file) {
    (file.single ? this.#small : this.#large).waiting.push(file);
    this.#next();
  }

  #next() {
    const [large, small] = [this.#large, this.#small];
    while (large.running < AT_ONCE && large.waiting.length > 0) void this.#run(large, [large.waiting.shift()]);
    while (small.running < BATCHES_AT_ONCE && this.#enough(small.waiting.length)) {
      void this.#run(small, small.waiting.splice(0, MOST_A_CALL));
    }
  }

  #enough(count) {
    if (count === 0) return false;
    if (count >= COMPANY || !this.more()) return true;
    if (this.#timer === 0) this.#timer = setTimeout(() => this.#late(), COMPANY_MS);
    return false;
  }

  #late() {
    this.#timer = 0;
    const small = this.#small;
    if (small.waiting.length > 0) void this.#run(small, small.waiting.splice(0, MOST_A_CALL));
  }

  async #run(desk, files) {
    desk.running += 1;
    const open = files.filter((file) => file.state === "checking");
    if (open.length > 0) await (desk === this.#large ? this.#one(open[0]) : this.#many(open));
    desk.running -= 1;
    this.#next();
  }

  async #one(file) {
    const { signal } = file;
    try {
      const sha256 = await this.whole(file);
      const told = sha256 ? { sha256 } : {};
      await retry(() => this.api.complete(file.id, told, { signal }), { sleeper: this.sleeper, signal });
      this.onReady(file);
    } catch (error) {
      if (!isAbort(error)) await this.#failed(file, error);
    }
  }

  async #many(files) {
    let left = files;
    const outage = new Outage();
    while (left.length > 0) {
      const { again, error } = await this.#ask(left);
      left = again.filter((file) => file.state === "checking");
      if (left.length === 0) return;
      if (!outage.fail()) {
        for (const file of left) this.onFailed(file, error);
        return;
      }
      await this.sleeper.sleep(backoff(outage.attempts, { retryAfter: error.retryAfter }));
    }
  }

  /** One call; those whose trouble passes by itself come back, with the last such trouble. */
  async #ask(files) {
    const again = [];
    let reason = null;
    const verdict = async (file, error) => {
      if (file.state !== "checking") return;
      if (error === null) this.onReady(file);
      else if (recoveryFor(error) === "again") {
        again.push(file);
        reason = error;
      } else await this.#failed(file, error);
    };
    try {
      const answer = await this.api.completeFiles(files.map(({ id }) => ({ id })));
      for (const [index, { problem }] of answer.files.entries()) {
        await verdict(files[index], problem ? problemError(problem) : null);
      }
    } catch (error) {
      for (const file of files) await verdict(file, error);
    }
    return { again, error: reason };
  }

  /** A storage that died may have lost what it had taken: ask what is left of it and send the rest. */
  async #failed(file, error) {
    const times = (this.#lost.get(file) ?? 0) + 1;
    this.#lost.set(file, times);
    if (!(error instanceof ApiError) || error.code !== "not-ready" || times > PATIENCE) {
      this.onFailed(file, error);
      return;
    }
    const { signal } = file;
    try {
      await this.sleeper.sleep(backoff(times), signal);
      const standing = await retry(() => this.api.upload(file.id, { signal }), { sleeper: this.sleeper, signal });
      if (file.state !== "checking") return;
      if (standing.state !== "uploading") {
        this.onReady(file);
        return;
      }
      file.reopen(standing);
      this.onReopened(file);
    } catch (fault) {
      if (!isAbort(fault)) this.onFailed(file, fault);
    }
  }
}
