/** Connects the selection of files, the share, the engine and the view. */
import { partFinder } from "../lib/find-part.js";
import { gettext } from "../lib/i18n.js";
import { UploadQueue } from "./engine/upload-queue.js";
import { Transfer } from "./engine/transfer.js";
import { Digester } from "./hashing/digest.js";
import { Api } from "./net/api.js";
import { messageFor, worthRetrying } from "./net/errors.js";
import { putPart } from "./net/put-part.js";
import { Sleeper } from "./net/retry.js";
import { Session } from "./net/session.js";
import { UploadProblems } from "./net/upload-problems.js";
import { confirmClick } from "./resume/confirm-click.js";
import { InterruptedUploads } from "./resume/interrupted-uploads.js";
import { createLocks } from "./resume/locks.js";
import { UploadStore } from "./resume/upload-store.js";
import { Content } from "./selection/content.js";
import { listenForFiles } from "./selection/file-picker.js";
import { TypeRules } from "./selection/type-rules.js";
import { LastLink } from "./share/last-link.js";
import { Options } from "./share/options.js";
import { OutgoingShare } from "./share/outgoing-share.js";
import { Quota } from "./share/quota.js";
import { confirmLeaving } from "./ui/confirm-leaving.js";
import { phaseOf, totals } from "./ui/totals.js";
import { View } from "./ui/view.js";
import { WakeLock } from "./ui/wake-lock.js";

/** @typedef {import("./engine/file-upload.js").FileUpload} FileUpload */
/** @typedef {import("./engine/file-upload.js").SelectedFile} SelectedFile */
/** @typedef {import("./net/put-part.js").PutRequest} PutRequest */
/** @typedef {import("./resume/locks.js").Release} Release */
/** @typedef {import("./ui/row.js").FileHandlers} FileHandlers */
/** @typedef {import("./ui/view.js").Status} Status */

/** The phases in which the screen stays on. */
const ACTIVE_PHASES = new Set(["uploading", "pausing", "offline"]);

export class Uploader {
  #part;
  #signal;
  #settings;
  /** @type {Release} */
  #release = () => {};

  /**
   * @param {object} settings
   * @param {HTMLElement} settings.root  whose `data-` attributes templates/_uploader.html lists
   * @param {AbortSignal} settings.signal  ends all listeners
   */
  constructor({ root, signal }) {
    const part = partFinder(root);
    const { api = "", account = "", contentWorker, digestWorker, checksums, quota = "{}", typeRules = "{}" } = root.dataset;
    this.#part = part;
    this.#signal = signal;
    this.#settings = root.dataset;
    this.typeRules = new TypeRules(JSON.parse(typeRules));
    this.session = this.#createSession();
    this.api = new Api({ base: api, session: this.session, onRateLimit: (isLimited) => this.#showRateLimit(isLimited) });
    const sleeper = new Sleeper();
    this.digester = new Digester({ url: digestWorker, md5: checksums === "md5", sleeper });
    this.uploadStore = new UploadStore({ account });
    this.locks = createLocks({ onLost: () => this.#handleLostLock(), onBusy: (id) => this.interruptedUploads.markBusy(id) });
    this.transfer = new Transfer({
      api: this.api,
      digester: this.digester,
      sleeper,
      put: this.#createProblems().watch((request) => this.#putPart(request)),
      onChange: (file) => this.#handleChange(file),
    });
    this.content = new Content({ api: this.api, digester: this.digester, put: putPart, url: contentWorker });
    const wakeLock = new WakeLock({ signal });
    this.view = new View({
      root,
      part,
      status: () => this.#status(),
      handlers: this.#fileHandlers(),
      onPhase: (phase) => wakeLock.setNeeded(ACTIVE_PHASES.has(phase)),
    });
    this.lastLink = new LastLink({ api: this.api, part, pageOf: (id) => this.view.pageOf(id) });
    this.share = this.#createShare();
    this.quota = new Quota({ api: this.api, pageData: JSON.parse(quota) });
    this.uploadQueue = this.#createUploadQueue();
    this.options = new Options({ part, signal, save: (changes) => this.share.edit(changes), exists: () => this.share.id !== null });
    this.interruptedUploads = this.#createInterruptedUploads();
    this.#listen();
    void this.interruptedUploads.refresh();
    void this.lastLink.show({ signal });
  }

  get totals() {
    return totals(this.uploadQueue.files);
  }

  close() {
    this.content.close();
    this.digester.close();
    this.#release();
  }

  #listen() {
    const part = this.#part;
    const signal = this.#signal;
    listenForFiles({
      dropZone: part("drop"),
      files: /** @type {HTMLInputElement} */ (part("files")),
      folder: /** @type {HTMLInputElement} */ (part("folder")),
      signal,
      onFiles: (selection) => this.#addSelection(selection),
      onRejected: (rejection) => this.view.addRejection(rejection),
    });
    /**
     * @param {string} name
     * @param {() => void} handler
     */
    const onClick = (name, handler) => part(name).addEventListener("click", handler, { signal });
    onClick("pause", () => this.transfer.pause());
    onClick("resume", () => this.transfer.resume());
    onClick("cancel", () => confirmClick(part("cancel"), gettext("Cancel this share?"), () => this.#cancelAll()));
    onClick("missing-pick", () => part("files").click());
    onClick("new-share", () => {
      this.lastLink.discard();
      window.location.reload();
    });
    const updateOnline = () => {
      this.transfer.online = navigator.onLine;
    };
    window.addEventListener("online", updateOnline, { signal });
    window.addEventListener("offline", updateOnline, { signal });
    window.addEventListener("pagehide", () => this.#handlePageHide(), { signal });
    confirmLeaving({ signal, isBusy: () => this.totals.open > 0 || this.options.isUnsaved });
  }

  #handlePageHide() {
    this.uploadQueue.flushRemovals();
    void this.uploadStore.flush();
  }

  /** @param {SelectedFile[]} selection */
  #addSelection(selection) {
    const files = this.typeRules.accept(selection, (rejection) => this.view.addRejection(rejection));
    void this.interruptedUploads.claim(files).then((newFiles) => this.uploadQueue.add(newFiles));
  }

  /** @param {PutRequest} request */
  #putPart(request) {
    const stallMs = Number(this.#settings.stallMs) || undefined;
    return putPart({ ...request, stallMs });
  }

  #createShare() {
    const share = new OutgoingShare({
      api: this.api,
      sleeper: this.transfer.sleeper,
      options: () => this.options.read(),
      partSize: () => this.transfer.bandwidth.partSize,
      onCreated: (created, selectedOptions) => {
        this.lastLink.remember(created.id);
        this.interruptedUploads.clear();
        this.view.showLink(created);
        this.options.markSaved(selectedOptions);
        void this.locks.acquire(created.id).then((release) => this.#keepLock(release));
      },
      onSlots: (files) => {
        if (share.id !== null) void this.uploadQueue.start(share.id, files);
      },
      onRefused: (files, error) => this.uploadQueue.reject(files, error),
    });
    return share;
  }

  #createUploadQueue() {
    return new UploadQueue({
      share: () => this.share,
      transfer: this.transfer,
      content: this.content,
      uploadStore: this.uploadStore,
      quota: this.quota,
      onChange: (file) => this.view.markChanged(file),
      onError: (error) => this.view.alert(messageFor(error)),
      onRefused: (error) => {
        this.options.showError(error);
        const retry = () => {
          this.view.alert("");
          this.uploadQueue.retryAll();
        };
        this.view.alert(messageFor(error), worthRetrying(error) ? retry : null);
      },
    });
  }

  #createSession() {
    const { api = "", account, csrf = "" } = this.#settings;
    return new Session({
      url: `${api}/session`,
      account,
      csrf,
      onSignedOut: (isOtherAccount) => {
        this.#part("signed-out-text").textContent = isOtherAccount
          ? gettext("Another account is signed in now. Sign in with the previous one; uploads then resume automatically.")
          : gettext("You're signed out. Sign in again; uploads then resume automatically.");
        this.#part("signed-out").hidden = false;
      },
      onSignedIn: () => {
        this.#part("signed-out").hidden = true;
      },
    });
  }

  #createProblems() {
    return new UploadProblems({
      show: (message) => this.#showProblem(message),
      // The only message in the console that is meant for people: what an administrator can do.
      log: (remedy) => console.warn(remedy), // eslint-disable-line no-console
    });
  }

  /** @param {string} message  "" hides it */
  #showProblem(message) {
    this.#part("problem-text").textContent = message;
    this.#part("problem").hidden = !message;
  }

  /** @param {boolean} isLimited */
  #showRateLimit(isLimited) {
    this.#showProblem(
      isLimited ? gettext("This server limits how many files you can send in a short time. Uploads continue automatically.") : "",
    );
  }

  #createInterruptedUploads() {
    return new InterruptedUploads({
      api: this.api,
      uploadStore: this.uploadStore,
      locks: this.locks,
      part: this.#part,
      signal: this.#signal,
      isIdle: () => this.share.id === null,
      onClaimed: (share, release) => {
        this.#keepLock(release);
        this.share.adopt(share.id);
        this.lastLink.remember(share.id);
        this.view.showLink(share);
        this.options.adopt(share);
      },
      onMatch: (match) => this.uploadQueue.addResumed(match),
      onError: (error) => this.view.alert(messageFor(error)),
    });
  }

  /** @param {Release | null} release */
  #keepLock(release) {
    if (release !== null) this.#release = release;
  }

  /** Another tab has acquired the share while this one was suspended. */
  #handleLostLock() {
    this.transfer.pause(null, { now: true });
    this.view.alert(gettext("This share is being uploaded in another tab."));
  }

  /** @param {FileUpload} file */
  #handleChange(file) {
    this.view.markChanged(file);
    if (file.id !== null && (file.state === "ready" || file.state === "canceled")) this.uploadStore.drop(file.id);
  }

  /** @returns {FileHandlers} */
  #fileHandlers() {
    return {
      remove: (file) => this.uploadQueue.remove(file),
      restore: (file) => this.uploadQueue.restore(file),
      retry: (file) => void this.uploadQueue.retry(file),
      togglePause: (file) => (file.state === "paused" ? this.transfer.resume(file) : this.transfer.pause(file)),
    };
  }

  /** @returns {Status} */
  #status() {
    const sums = this.totals;
    const { waiting, isPaused } = this.transfer;
    return { sums, waiting, phase: phaseOf(sums, { waiting, isPaused }) };
  }

  #cancelAll() {
    this.uploadQueue.cancelAll();
    if (this.share.id !== null) void this.uploadStore.discard(this.share.id);
    void this.share.revoke().catch((error) => this.view.alert(messageFor(error)));
    this.#release();
    this.lastLink.discard();
    this.view.hideLink();
    this.interruptedUploads.clear();
    this.share = this.#createShare();
    this.quota.startShare();
    this.options.refresh();
  }
}
