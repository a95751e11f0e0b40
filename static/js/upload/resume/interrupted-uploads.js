/**
 * Going on with what a reload, a crash or a closed laptop has interrupted: finds it, offers it, brings the files back.
 */
import { ApiError } from "../net/errors.js";
import { reopen } from "../intake/handles.js";
import { Offers } from "./resume-offers.js";
import { Wanted } from "./missing-files.js";

const ONGOING = new Set(["draft", "live", "used_up"]);
const LOOK_AGAIN_MS = 3_000;
/** Of more files than this nobody asks how many bytes of each are stored; their sizes are told. */
const MOST_ASKED = 20;

export class Resume {
  #wanted = new Wanted([]);
  #going = Promise.resolve();
  #timer = 0;

  /**
   * `onTaken(share, letGo)`: the page sends this share from now on; `onFound({record, file, handle, same})` for each
   * file of it, `same` telling whether it is the one that was begun.
   */
  constructor({ api, keep, locks, part, signal, idle, onTaken, onFound, onError }) {
    Object.assign(this, { api, keep, locks, signal, idle, onTaken, onFound, onError });
    const told = (deed) => (offer) => void deed(offer).catch(onError);
    this.offers = new Offers({ part, onGo: told((o) => this.#start(o)), onDiscard: told((o) => this.#discard(o)) });
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
    window.addEventListener("online", () => void this.look(), { signal });
  }

  /** Show what can go on. Repeats itself while another tab is at it, or while the server does not answer. */
  async look() {
    clearTimeout(this.#timer);
    let again = false;
    for (const known of await this.keep.unfinished()) {
      const offer = await this.#offer(known);
      if (this.signal.aborted || !this.idle()) return;
      if (offer) this.offers.show(offer);
      else this.offers.drop(known.id);
      again ||= offer === undefined || offer?.busy;
    }
    if (again) this.#timer = setTimeout(() => void this.look(), LOOK_AGAIN_MS);
  }

  /** Take those of `chosen` (`{file, path, handle}`) that are waited for; the others are given back. */
  async claim(chosen) {
    await this.#going; // files may come before it is settled whose share this is
    return this.#match(chosen);
  }

  #match(chosen) {
    const others = [];
    for (const { file, path, handle } of chosen) {
      const match = this.#wanted.match(file, path);
      if (match) {
        this.#wanted.settle(match.record);
        this.onFound({ ...match, file, handle });
      } else others.push({ file, path, handle });
    }
    if (others.length < chosen.length) this.offers.want(this.#wanted.left);
    return others;
  }

  /** The page is about another share now, or about none. */
  leave() {
    this.#wanted = new Wanted([]);
    this.offers.want([]);
    this.offers.clear();
  }

  /** Null for what has ended, undefined while nobody can say. */
  async #offer({ id, files: records }) {
    if (!(await this.locks.free(id))) return { id, name: records[0].name, busy: true };
    const share = await this.#ask(id);
    if (share === undefined) return undefined;
    const open = new Set((share?.files ?? []).filter(({ state }) => state === "uploading").map((file) => file.id));
    const files = records.filter((record) => open.has(record.id));
    if (share === null || !ONGOING.has(share.state) || files.length === 0) {
      await this.keep.forget(id);
      return null;
    }
    this.keep.drop(...records.filter((record) => !open.has(record.id)).map((record) => record.id));
    return { id, name: share.title || files[0].name, share, files, count: files.length, left: await this.#left(files) };
  }

  /** The share as the server has it; null when it has gone, undefined while nobody can say. */
  async #ask(id) {
    try {
      return await this.api.share(id, { signal: this.signal });
    } catch (error) {
      return error instanceof ApiError && (error.status === 404 || error.status === 410) ? null : undefined;
    }
  }

  /** Bytes that storage does not have yet. */
  async #left(files) {
    let left = files.reduce((sum, { size }) => sum + size, 0);
    if (files.length > MOST_ASKED) return left;
    for (const { id } of files) {
      const standing = await this.api.upload(id, { signal: this.signal }).catch(() => ({ parts: [] }));
      left -= standing.parts.reduce((sum, { size }) => sum + size, 0);
    }
    return left;
  }

  #start(offer) {
    const going = this.#go(offer);
    this.#going = going.catch(() => {});
    return going;
  }

  async #go(offer) {
    const letGo = await this.locks.take(offer.id);
    if (letGo === null) {
      this.offers.show({ ...offer, busy: true });
      await this.look();
      return;
    }
    clearTimeout(this.#timer);
    this.offers.clear();
    this.#wanted = new Wanted(offer.files);
    this.onTaken(offer.share, letGo);
    this.offers.want(offer.files.filter(({ handle }) => !handle));
    void this.#bring(offer.files);
  }

  /** What the browser can reach by itself; the person is asked for the rest. */
  async #bring(records) {
    for await (const found of reopen(records)) this.#match([found]);
    this.offers.want(this.#wanted.left);
  }

  /** Nothing can be used of a share without a file that has arrived; else only what is unfinished goes. */
  async #discard(offer) {
    const letGo = await this.locks.take(offer.id);
    if (letGo === null) {
      await this.look();
      return;
    }
    try {
      const share = await this.api.share(offer.id);
      if (share.files.some(({ state }) => state !== "uploading")) {
        for (const { id } of offer.files) await this.#remove(offer.id, id);
      } else await this.api.revokeShare(offer.id);
      await this.keep.forget(offer.id);
      this.offers.drop(offer.id);
    } finally {
      letGo();
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
