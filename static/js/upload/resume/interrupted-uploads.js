/**
 * Going on with what a reload, a crash or a closed laptop has interrupted: finds it, offers it, brings the files back.
 */
import { ApiError } from "../net/errors.js";
import { reopen } from "../selection/handles.js";
import { ResumeOffers } from "./resume-offers.js";
import { MissingFiles } from "./missing-files.js";

const ONGOING = new Set(["draft", "live", "used_up"]);
const POLL_MS = 3_000;
/** Of more files than this nobody asks how many bytes of each are stored; their sizes are told. */
const MAX_QUERIED_FILES = 20;

export class InterruptedUploads {
  #missingFiles = new MissingFiles([]);
  #going = Promise.resolve();
  #timer = 0;

  /**
   * `onClaimed(share, release)`: the page sends this share from now on; `onFound({record, file, handle, same})` for each
   * file of it, `same` telling whether it is the one that was begun.
   */
  constructor({ api, uploadStore, locks, part, signal, idle, onClaimed, onFound, onError }) {
    Object.assign(this, { api, uploadStore, locks, signal, idle, onClaimed, onFound, onError });
    const withErrors = (operation) => (offer) => void operation(offer).catch(onError);
    this.offers = new ResumeOffers({ part, onGo: withErrors((o) => this.#start(o)), onDiscard: withErrors((o) => this.#discard(o)) });
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
    window.addEventListener("online", () => void this.look(), { signal });
  }

  /** Show what can go on. Repeats itself while another tab is at it, or while the server does not answer. */
  async look() {
    clearTimeout(this.#timer);
    let shouldPoll = false;
    for (const known of await this.uploadStore.unfinished()) {
      const offer = await this.#offer(known);
      if (this.signal.aborted || !this.idle()) return;
      if (offer) this.offers.show(offer);
      else this.offers.drop(known.id);
      shouldPoll ||= offer === undefined || offer?.busy;
    }
    if (shouldPoll) this.#timer = setTimeout(() => void this.look(), POLL_MS);
  }

  /** Take those of `selection` (`{file, path, handle}`) that are waited for; the others are given back. */
  async claim(selection) {
    await this.#going; // files may come before it is settled whose share this is
    return this.#match(selection);
  }

  #match(selection) {
    const unmatched = [];
    for (const { file, path, handle } of selection) {
      const match = this.#missingFiles.match(file, path);
      if (match) {
        this.#missingFiles.settle(match.record);
        this.onFound({ ...match, file, handle });
      } else unmatched.push({ file, path, handle });
    }
    if (unmatched.length < selection.length) this.offers.want(this.#missingFiles.left);
    return unmatched;
  }

  /** The page is about another share now, or about none. */
  leave() {
    this.#missingFiles = new MissingFiles([]);
    this.offers.want([]);
    this.offers.clear();
  }

  /** Null for what has ended, undefined while nobody can say. */
  async #offer({ id, files: records }) {
    if (!(await this.locks.free(id))) return { id, name: records[0].name, busy: true };
    const share = await this.#fetchShare(id);
    if (share === undefined) return undefined;
    const open = new Set((share?.files ?? []).filter(({ state }) => state === "uploading").map((file) => file.id));
    const files = records.filter((record) => open.has(record.id));
    if (share === null || !ONGOING.has(share.state) || files.length === 0) {
      await this.uploadStore.discard(id);
      return null;
    }
    this.uploadStore.drop(...records.filter((record) => !open.has(record.id)).map((record) => record.id));
    return { id, name: share.title || files[0].name, share, files, count: files.length, left: await this.#remainingBytes(files) };
  }

  /** The share as the server has it; null when it has gone, undefined while nobody can say. */
  async #fetchShare(id) {
    try {
      return await this.api.share(id, { signal: this.signal });
    } catch (error) {
      return error instanceof ApiError && (error.status === 404 || error.status === 410) ? null : undefined;
    }
  }

  /** Bytes that storage does not have yet. */
  async #remainingBytes(files) {
    let remainingBytes = files.reduce((sum, { size }) => sum + size, 0);
    if (files.length > MAX_QUERIED_FILES) return remainingBytes;
    for (const { id } of files) {
      const status = await this.api.upload(id, { signal: this.signal }).catch(() => ({ parts: [] }));
      remainingBytes -= status.parts.reduce((sum, { size }) => sum + size, 0);
    }
    return remainingBytes;
  }

  #start(offer) {
    const going = this.#go(offer);
    this.#going = going.catch(() => {});
    return going;
  }

  async #go(offer) {
    const release = await this.locks.take(offer.id);
    if (release === null) {
      this.offers.show({ ...offer, busy: true });
      await this.look();
      return;
    }
    clearTimeout(this.#timer);
    this.offers.clear();
    this.#missingFiles = new MissingFiles(offer.files);
    this.onClaimed(offer.share, release);
    this.offers.want(offer.files.filter(({ handle }) => !handle));
    void this.#bring(offer.files);
  }

  /** What the browser can reach by itself; the person is asked for the rest. */
  async #bring(records) {
    for await (const found of reopen(records)) this.#match([found]);
    this.offers.want(this.#missingFiles.left);
  }

  /** Nothing can be used of a share without a file that has arrived; else only what is unfinished goes. */
  async #discard(offer) {
    const release = await this.locks.take(offer.id);
    if (release === null) {
      await this.look();
      return;
    }
    try {
      const share = await this.api.share(offer.id);
      if (share.files.some(({ state }) => state !== "uploading")) {
        for (const { id } of offer.files) await this.#remove(offer.id, id);
      } else await this.api.revokeShare(offer.id);
      await this.uploadStore.discard(offer.id);
      this.offers.drop(offer.id);
    } finally {
      release();
    }
  }

  async #remove(share, id) {
    try {
      await this.api.removeFile(share, id);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error; // gone already is gone
    }
  }
}
