/** `<upload-app>`: joins the ways in, the share, the engine and the view. */
import { UploadQueue } from "./engine/upload-queue.js";
import { Transfer } from "./engine/transfer.js";
import { Digester } from "./hashing/digest.js";
import { Content } from "./selection/content.js";
import { listen } from "./selection/file-picker.js";
import { isSystemFile } from "./selection/rejected.js";
import { Api } from "./net/api.js";
import { messageFor, worthRetrying } from "./net/errors.js";
import { putPart } from "./net/put-part.js";
import { Sleeper } from "./net/retry.js";
import { Session } from "./net/session.js";
import { UploadProblems } from "./net/upload-problems.js";
import { InterruptedUploads } from "./resume/interrupted-uploads.js";
import { UploadStore } from "./resume/upload-store.js";
import { makeLocks } from "./resume/locks.js";
import { sure } from "./resume/resume-offers.js";
import { LastLink } from "./share/last-link.js";
import { Options } from "./share/options.js";
import { OutgoingShare } from "./share/outgoing-share.js";
import { Quota } from "./share/quota.js";
import { confirmLeaving } from "./ui/confirm-leaving.js";
import { mood, totals } from "./ui/totals.js";
import { View } from "./ui/view.js";
import { Wake } from "./ui/wake-lock.js";

/** While the screen should stay on. */
const UNDER_WAY = new Set(["sending", "pausing", "offline"]);

class UploadApp extends HTMLElement {
  #end = new AbortController();
  #release = () => {};

  connectedCallback() {
    const { signal } = this.#end;
    const part = (name) => this.querySelector(`[data-part="${name}"]`);
    const { api, account, digestWorker } = this.dataset;
    this.session = this.#newSession(part);
    this.api = new Api({ base: api, session: this.session });
    const sleeper = new Sleeper();
    this.digester = new Digester({ url: digestWorker, md5: this.dataset.checksums === "md5", sleeper });
    this.uploadStore = new UploadStore({ account });
    this.locks = makeLocks({ onLost: () => this.#lost() });
    this.transfer = new Transfer({
      api: this.api,
      digester: this.digester,
      sleeper,
      put: this.#newProblems(part).watch((request) => putPart({ ...request, stallMs: this.#stallMs })),
      onChange: (file) => this.#changed(file),
    });
    this.content = new Content({ api: this.api, digester: this.digester, put: putPart, url: this.dataset.contentWorker });
    const wake = new Wake({ signal });
    this.view = new View({
      root: this,
      part,
      status: () => this.#status(),
      acts: this.#acts(),
      onMood: (now) => wake.keep(UNDER_WAY.has(now)),
    });
    this.last = new LastLink({ api: this.api, part, page: (id) => this.view.pageOf(id) });
    this.share = this.#newShare();
    this.quota = new Quota({ api: this.api, pageData: JSON.parse(this.dataset.room) });
    this.uploadQueue = this.#newUploadQueue();
    this.options = new Options({ part, signal, save: (c) => this.share.edit(c), exists: () => this.share.id !== null });
    this.resume = this.#newResume(part, signal);
    this.#listen(part, signal);
    void this.resume.look();
    void this.last.offer({ signal });
  }

  disconnectedCallback() {
    this.#end.abort();
    this.content.close();
    this.digester.close();
    this.#release();
  }

  /** Milliseconds without a byte after which a part is cut and sent again; undefined for the engine's own. */
  get #stallMs() {
    return Number(this.dataset.stallMs) || undefined;
  }

  #listen(part, signal) {
    listen({
      drop: part("drop"),
      files: part("files"),
      folder: part("folder"),
      signal,
      onFiles: (chosen) => this.#take(chosen),
      onRejected: (what) => this.view.rejected(what),
    });
    const on = (name, act) => part(name).addEventListener("click", act, { signal });
    on("pause", () => this.transfer.pause());
    on("resume", () => this.transfer.resume());
    on("cancel", () => sure(part("cancel"), "Cancel all of it?", () => this.#cancelAll()));
    on("wanted-pick", () => part("files").click());
    on("again", () => {
      this.last.discard();
      window.location.reload();
    });
    const updateOnline = () => (this.transfer.online = navigator.onLine);
    window.addEventListener("online", updateOnline, { signal });
    window.addEventListener("offline", updateOnline, { signal });
    window.addEventListener(
      "pagehide",
      () => {
        this.uploadQueue.removeNow();
        void this.uploadStore.flush();
      },
      { signal },
    );
    confirmLeaving({ signal, busy: () => totals(this.uploadQueue.files).open > 0 || this.options.unsaved });
  }

  #take(chosen) {
    const files = chosen.filter(({ file }) => !isSystemFile(file.name));
    for (const { file } of chosen) if (isSystemFile(file.name)) this.view.rejected({ system: file.name });
    void this.resume.claim(files).then((fresh) => this.uploadQueue.add(fresh));
  }

  #newShare() {
    const made = new OutgoingShare({
      api: this.api,
      sleeper: this.transfer.sleeper,
      options: () => this.options.read(),
      partSize: () => this.transfer.bandwidth.partSize,
      onCreated: (share, chosen) => {
        this.last.remember(share.id);
        this.resume.leave();
        this.view.showLink(share);
        this.options.sent(chosen);
        void this.locks.take(share.id).then((release) => this.#holds(release));
      },
      onPlaced: (files) => void this.uploadQueue.placed(made.id, files),
      onRefused: (files, error) => this.uploadQueue.reject(files, error),
    });
    return made;
  }

  #newUploadQueue() {
    return new UploadQueue({
      share: () => this.share,
      transfer: this.transfer,
      content: this.content,
      uploadStore: this.uploadStore,
      quota: this.quota,
      onChange: (file) => this.view.touch(file),
      onError: (error) => this.view.alert(messageFor(error)),
      onRefused: (error) => {
        this.options.complain(error);
        const retry = () => {
          this.view.alert("");
          this.uploadQueue.retryAll();
        };
        this.view.alert(messageFor(error), worthRetrying(error) ? retry : null);
      },
    });
  }

  #newSession(part) {
    const { api, account, csrf } = this.dataset;
    return new Session({
      url: `${api}/session`,
      account,
      csrf,
      onSignedOut: (other) => {
        part("signed-out-text").textContent = other
          ? "Another account is signed in by now. Sign in as before; sending then goes on by itself."
          : "You are signed out. Sign in again; sending then goes on by itself.";
        part("signed-out").hidden = false;
      },
      onSignedIn: () => {
        part("signed-out").hidden = true;
      },
    });
  }

  #newProblems(part) {
    return new UploadProblems({
      show: (words) => {
        part("trouble-text").textContent = words;
        part("trouble").hidden = !words;
      },
      // The one line in the console that is meant for people: what an administrator can do about it.
      log: (remedy) => console.warn(remedy), // eslint-disable-line no-console
    });
  }

  #newResume(part, signal) {
    return new InterruptedUploads({
      api: this.api,
      uploadStore: this.uploadStore,
      locks: this.locks,
      part,
      signal,
      idle: () => this.share.id === null,
      onClaimed: (share, release) => {
        this.#holds(release);
        this.share.adopt(share.id);
        this.last.remember(share.id);
        this.view.showLink(share);
        this.options.adopt(share);
      },
      onFound: (match) => this.uploadQueue.addFound(match),
      onError: (error) => this.view.alert(messageFor(error)),
    });
  }

  #holds(release) {
    if (release !== null) this.#release = release;
  }

  #changed(file) {
    this.view.touch(file);
    if (file.id !== null && (file.state === "ready" || file.state === "canceled")) this.uploadStore.drop(file.id);
  }

  /** Another tab has taken this share while this one was frozen. */
  #lost() {
    this.transfer.pause(null, { now: true });
    this.view.alert("This share is being sent in another tab.");
  }

  #acts() {
    return {
      remove: (file) => this.uploadQueue.remove(file),
      restore: (file) => this.uploadQueue.restore(file),
      retry: (file) => void this.uploadQueue.retry(file),
      hold: (file) => (file.state === "paused" ? this.transfer.resume(file) : this.transfer.pause(file)),
    };
  }

  #status() {
    const sums = totals(this.uploadQueue.files);
    const { waiting, isPaused } = this.transfer;
    return { sums, waiting, mood: mood(sums, { waiting, isPaused }) };
  }

  #cancelAll() {
    this.uploadQueue.cancelAll();
    if (this.share.id !== null) void this.uploadStore.discard(this.share.id);
    void this.share.revoke().catch((error) => this.view.alert(messageFor(error)));
    this.#release();
    this.last.discard();
    this.view.hideLink();
    this.resume.leave();
    this.share = this.#newShare();
    this.quota.newShare();
    this.options.refresh();
  }
}

customElements.define("upload-app", UploadApp);
