/** Continues uploads that a reload, a crash or a closed laptop has interrupted: offers them, and reads their files again. */
import { ApiError } from "../net/errors.js";
import { reopen } from "../selection/handles.js";
import { ResumeOffers } from "./resume-offers.js";
import { MissingFiles } from "./missing-files.js";

/** @typedef {import("../../lib/find-part.js").FindPart} FindPart */
/** @typedef {import("../engine/file-upload.js").SelectedFile} SelectedFile */
/** @typedef {import("../net/api.js").Api} Api */
/** @typedef {import("../net/api.js").Share} Share */
/** @typedef {import("./locks.js").Locks} Locks */
/** @typedef {import("./locks.js").Release} Release */
/** @typedef {import("./missing-files.js").Match} Match */
/** @typedef {import("./resume-offers.js").BusyOffer} BusyOffer */
/** @typedef {import("./resume-offers.js").ResumeOffer} ResumeOffer */
/** @typedef {import("./upload-store.js").FileRecord} FileRecord */
/** @typedef {import("./upload-store.js").UnfinishedUpload} UnfinishedUpload */
/** @typedef {import("./upload-store.js").UploadStore} UploadStore */

const ONGOING_STATES = new Set(["draft", "live", "used_up"]);
const POLL_MS = 3_000;
/** Of more files, the stored bytes are not requested one by one: the offer states their sizes. */
const MAX_QUERIED_FILES = 20;

export class InterruptedUploads {
  #missingFiles = new MissingFiles([]);
  /** @type {Promise<void>} the start of the resumed upload, if there is one */
  #starting = Promise.resolve();
  #timer = 0;
  /** @type {Set<string>} the shares that another tab has, by its own message since they were last queried */
  #busyIds = new Set();

  /**
   * @param {object} settings
   * @param {Api} settings.api
   * @param {UploadStore} settings.uploadStore
   * @param {Locks} settings.locks
   * @param {FindPart} settings.part
   * @param {AbortSignal} settings.signal
   * @param {() => boolean} settings.isIdle  whether the page has no share yet
   * @param {(share: Share, release: Release) => void} settings.onClaimed  the page continues this share
   * @param {(match: Match & SelectedFile) => void} settings.onMatch  for each file of it that was selected or opened
   * @param {(error: unknown) => void} settings.onError
   */
  constructor({ api, uploadStore, locks, part, signal, isIdle, onClaimed, onMatch, onError }) {
    this.api = api;
    this.uploadStore = uploadStore;
    this.locks = locks;
    this.signal = signal;
    this.isIdle = isIdle;
    this.onClaimed = onClaimed;
    this.onMatch = onMatch;
    this.resumeOffers = new ResumeOffers({
      part,
      onResume: (offer) => void this.#start(offer).catch(onError),
      onDiscard: (offer) => void this.#discard(offer).catch(onError),
    });
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
    window.addEventListener("online", () => void this.refresh(), { signal });
  }

  /** Displays what can be resumed. Repeats itself while another tab has one of them, or the server does not respond. */
  async refresh() {
    clearTimeout(this.#timer);
    let shouldPoll = false;
    for (const upload of await this.uploadStore.unfinished()) {
      const offer = await this.#offerFor(upload);
      if (this.signal.aborted || !this.isIdle()) return;
      if (offer) this.resumeOffers.show(offer);
      else this.resumeOffers.drop(upload.id);
      shouldPoll ||= offer === undefined || offer?.isBusy === true;
    }
    if (shouldPoll) this.#poll();
  }

  #poll() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.refresh(), POLL_MS);
  }

  /**
   * Another tab has the share: known only now, after the offer was displayed or while it is being prepared.
   *
   * @param {string} id
   */
  markBusy(id) {
    if (this.signal.aborted || !this.isIdle()) return;
    this.#busyIds.add(id);
    this.resumeOffers.markBusy(id);
    this.#poll();
  }

  /**
   * Claims the missing files in `selection`, and returns the others.
   *
   * @param {SelectedFile[]} selection
   */
  async claim(selection) {
    await this.#starting; // until then it is unknown which files are missing
    return this.#match(selection);
  }

  /** @param {SelectedFile[]} selection */
  #match(selection) {
    const unmatched = [];
    for (const selectedFile of selection) {
      const match = this.#missingFiles.match(selectedFile.file, selectedFile.path);
      if (match) {
        this.#missingFiles.remove(match.record);
        this.onMatch({ ...selectedFile, ...match });
      } else unmatched.push(selectedFile);
    }
    if (unmatched.length < selection.length) this.resumeOffers.requestFiles(this.#missingFiles.records);
    return unmatched;
  }

  /** The page has another share now, or none. */
  clear() {
    this.#missingFiles = new MissingFiles([]);
    this.resumeOffers.requestFiles([]);
    this.resumeOffers.clear();
  }

  /**
   * Null for an upload that has ended, undefined while that is unknown.
   *
   * @param {UnfinishedUpload} upload
   * @returns {Promise<ResumeOffer | BusyOffer | null | undefined>}
   */
  async #offerFor(upload) {
    const { id, files } = upload;
    this.#busyIds.delete(id);
    const isFree = await this.locks.isFree(id);
    const offer = isFree ? await this.#resumeOfferFor(upload) : undefined;
    const isBusy = !isFree || this.#busyIds.has(id);
    return isBusy ? { id, name: files[0].name, isBusy } : offer;
  }

  /**
   * Null for an upload that has ended, undefined while that is unknown.
   *
   * @param {UnfinishedUpload} upload
   * @returns {Promise<ResumeOffer | null | undefined>}
   */
  async #resumeOfferFor({ id, files: records }) {
    const share = await this.#fetchShare(id);
    if (share === undefined) return undefined;
    const openIds = new Set((share?.files ?? []).filter(({ state }) => state === "uploading").map((file) => file.id));
    const files = records.filter((record) => openIds.has(record.id));
    if (share === null || !ONGOING_STATES.has(share.state) || files.length === 0) {
      await this.uploadStore.discard(id);
      return null;
    }
    this.uploadStore.drop(...records.filter((record) => !openIds.has(record.id)).map((record) => record.id));
    const remainingBytes = await this.#remainingBytes(files);
    return { id, name: share.title || files[0].name, isBusy: false, share, files, remainingBytes };
  }

  /**
   * Null if the share does not exist any more, undefined while that is unknown.
   *
   * @param {string} id
   */
  async #fetchShare(id) {
    try {
      return await this.api.share(id, { signal: this.signal });
    } catch (error) {
      return error instanceof ApiError && (error.status === 404 || error.status === 410) ? null : undefined;
    }
  }

  /**
   * The bytes that the storage does not have yet.
   *
   * @param {FileRecord[]} files
   */
  async #remainingBytes(files) {
    let remainingBytes = files.reduce((sum, { size }) => sum + size, 0);
    if (files.length > MAX_QUERIED_FILES) return remainingBytes;
    for (const { id } of files) {
      const { parts } = await this.api.upload(id, { signal: this.signal }).catch(() => ({ parts: [] }));
      remainingBytes -= parts.reduce((sum, { size }) => sum + size, 0);
    }
    return remainingBytes;
  }

  /** @param {ResumeOffer} offer */
  #start(offer) {
    const starting = this.#resume(offer);
    this.#starting = starting.catch(() => {});
    return starting;
  }

  /** @param {ResumeOffer} offer */
  async #resume(offer) {
    const release = await this.locks.acquire(offer.id);
    if (release === null) {
      this.resumeOffers.show({ id: offer.id, name: offer.name, isBusy: true });
      await this.refresh();
      return;
    }
    clearTimeout(this.#timer);
    this.resumeOffers.clear();
    this.#missingFiles = new MissingFiles(offer.files);
    this.onClaimed(offer.share, release);
    this.resumeOffers.requestFiles(offer.files.filter(({ handle }) => !handle));
    void this.#reopen(offer.files);
  }

  /**
   * Opens the files that the browser has handles of, and requests the others.
   *
   * @param {FileRecord[]} records
   */
  async #reopen(records) {
    for await (const selectedFile of reopen(records)) this.#match([selectedFile]);
    this.resumeOffers.requestFiles(this.#missingFiles.records);
  }

  /**
   * Removes the unfinished files; the whole share if none has arrived.
   *
   * @param {ResumeOffer} offer
   */
  async #discard(offer) {
    const release = await this.locks.acquire(offer.id);
    if (release === null) {
      await this.refresh();
      return;
    }
    try {
      const share = await this.api.share(offer.id);
      if (share.files.some(({ state }) => state !== "uploading")) {
        for (const { id } of offer.files) await this.#removeFile(offer.id, id);
      } else await this.api.revokeShare(offer.id);
      await this.uploadStore.discard(offer.id);
      this.resumeOffers.drop(offer.id);
    } finally {
      release();
    }
  }

  /**
   * @param {string} shareId
   * @param {string} id
   */
  async #removeFile(shareId, id) {
    try {
      await this.api.removeFile(shareId, id);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error; // 404: it is removed already
    }
  }
}
