/**
 * The last step of every file: the server compares what arrived with what was announced. Large files are asked for one
 * by one, small ones by the hundred; what one of them lacks is its own affair.
 */
import { problemError } from "../net/api.js";
import { ApiError, isAbort, recoveryFor } from "../net/errors.js";
import { Outage, backoff, retry } from "../net/retry.js";

const MAX_CONCURRENT = 4;
const MAX_CONCURRENT_BATCHES = 2;
const MAX_FILES_PER_CALL = 100;
/** While more are on their way a call waits for a batch of this size, or this long. */
const BATCH_SIZE = 50;
const BATCH_WAIT_MS = 250;
/** How often parts that got lost in the storage are sent again before the file fails. */
const MAX_RETRIES = 5;

export class Checks {
  #large = { waiting: [], running: 0 };
  #small = { waiting: [], running: 0 };
  #lost = new Map();
  #timer = 0;

  /**
   * `hasMore()`: whether other files are still being sent. `hashOf(file)` resolves with the file's SHA-256 in
   * hexadecimal, or null. `onReady(file)`, `onFailed(file, error)`, `onReopened(file)`: the storage lacks parts of it,
   * which are to be sent again.
   */
  constructor({ api, sleeper, hasMore = () => false, hashOf = async () => null, onReady, onFailed, onReopened }) {
    Object.assign(this, { api, sleeper, hasMore, hashOf, onReady, onFailed, onReopened });
  }

  add(file) {
    (file.single ? this.#small : this.#large).waiting.push(file);
    this.#next();
  }

  #next() {
    const [large, small] = [this.#large, this.#small];
    while (large.running < MAX_CONCURRENT && large.waiting.length > 0) void this.#run(large, [large.waiting.shift()]);
    while (small.running < MAX_CONCURRENT_BATCHES && this.#enough(small.waiting.length)) {
      void this.#run(small, small.waiting.splice(0, MAX_FILES_PER_CALL));
    }
  }

  #enough(count) {
    if (count === 0) return false;
    if (count >= BATCH_SIZE || !this.hasMore()) return true;
    if (this.#timer === 0) this.#timer = setTimeout(() => this.#late(), BATCH_WAIT_MS);
    return false;
  }

  #late() {
    this.#timer = 0;
    const small = this.#small;
    if (small.waiting.length > 0) void this.#run(small, small.waiting.splice(0, MAX_FILES_PER_CALL));
  }

  async #run(group, files) {
    group.running += 1;
    const open = files.filter((file) => file.state === "checking");
    if (open.length > 0) await (group === this.#large ? this.#completeFile(open[0]) : this.#completeBatch(open));
    group.running -= 1;
    this.#next();
  }

  async #completeFile(file) {
    const { signal } = file;
    try {
      const sha256 = await this.hashOf(file);
      const claims = sha256 ? { sha256 } : {};
      await retry(() => this.api.complete(file.id, claims, { signal }), { sleeper: this.sleeper, signal });
      this.onReady(file);
    } catch (error) {
      if (!isAbort(error)) await this.#failed(file, error);
    }
  }

  async #completeBatch(files) {
    let remaining = files;
    const outage = new Outage();
    while (remaining.length > 0) {
      const { retryable, error } = await this.#requestCompletion(remaining);
      remaining = retryable.filter((file) => file.state === "checking");
      if (remaining.length === 0) return;
      if (!outage.recordFailure()) {
        for (const file of remaining) this.onFailed(file, error);
        return;
      }
      await this.sleeper.sleep(backoff(outage.attempts, { retryAfter: error.retryAfter }));
    }
  }

  /** One call; returns the files whose problem passes by itself, with the last such error. */
  async #requestCompletion(files) {
    const retryable = [];
    let reason = null;
    const verdict = async (file, error) => {
      if (file.state !== "checking") return;
      if (error === null) this.onReady(file);
      else if (recoveryFor(error) === "retry") {
        retryable.push(file);
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
    return { retryable, error: reason };
  }

  /** A storage that died may have lost what it had taken: ask what is left of it and send the rest. */
  async #failed(file, error) {
    const times = (this.#lost.get(file) ?? 0) + 1;
    this.#lost.set(file, times);
    if (!(error instanceof ApiError) || error.code !== "not-ready" || times > MAX_RETRIES) {
      this.onFailed(file, error);
      return;
    }
    const { signal } = file;
    try {
      await this.sleeper.sleep(backoff(times), signal);
      const serverState = await retry(() => this.api.upload(file.id, { signal }), { sleeper: this.sleeper, signal });
      if (file.state !== "checking") return;
      if (serverState.state !== "uploading") {
        this.onReady(file);
        return;
      }
      file.reopen(serverState);
      this.onReopened(file);
    } catch (failure) {
      if (!isAbort(failure)) this.onFailed(file, failure);
    }
  }
}
