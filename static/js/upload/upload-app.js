/** `<upload-app>`: joins the ways in, the share, the engine and the view. */
import { Api } from "./api.js";
import { Content } from "./content.js";
import { Digester } from "./digest.js";
import { ChangedError, inWords } from "./errors.js";
import { FileUpload } from "./file.js";
import { listen } from "./intake.js";
import { Keep } from "./keep.js";
import { askBeforeLeaving } from "./leave.js";
import { makeLocks } from "./locks.js";
import { sure } from "./offers.js";
import { Options } from "./options.js";
import { putPart } from "./part.js";
import { Resume } from "./resume.js";
import { Room } from "./room.js";
import { Session } from "./session.js";
import { inSlices } from "./slices.js";
import { OutgoingShare } from "./share.js";
import { mood, totals } from "./totals.js";
import { Transfer } from "./transfer.js";
import { Trouble } from "./trouble.js";
import { verify } from "./verify.js";
import { View } from "./view.js";

class UploadApp extends HTMLElement {
  #end = new AbortController();
  #files = new Set();
  #keys = 0;
  #letGo = () => {};

  connectedCallback() {
    const { signal } = this.#end;
    const part = (name) => this.querySelector(`[data-part="${name}"]`);
    const { api, account, digestWorker } = this.dataset;
    this.session = this.#newSession(part);
    this.api = new Api({ base: api, session: this.session });
    this.digester = new Digester({ url: digestWorker });
    this.keep = new Keep({ account });
    this.locks = makeLocks({ onLost: () => this.#lost() });
    this.transfer = new Transfer({
      api: this.api,
      digester: this.digester,
      put: this.#newTrouble(part).watch((request) => putPart({ ...request, stallMs: this.#stallMs })),
      onChange: (file) => this.#changed(file),
    });
    this.content = new Content({ api: this.api, digester: this.digester, put: putPart, url: this.dataset.contentWorker });
    this.view = new View({ root: this, part, standing: () => this.#standing(), acts: this.#acts() });
    this.share = this.#newShare();
    this.room = new Room({ api: this.api, known: JSON.parse(this.dataset.room) });
    this.options = new Options({ part, signal, save: (c) => this.share.edit(c), exists: () => this.share.id !== null });
    this.resume = this.#newResume(part, signal);
    this.#listen(part, signal);
    void this.resume.look();
  }

  disconnectedCallback() {
    this.#end.abort();
    this.content.close();
    this.digester.close();
    this.#letGo();
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
      onFiles: (chosen) => void this.#add(chosen),
      onLeftOut: (what) => this.view.leftOut(what),
    });
    const on = (name, act) => part(name).addEventListener("click", act, { signal });
    on("pause", () => this.transfer.pause());
    on("resume", () => this.transfer.resume());
    on("cancel", () => sure(part("cancel"), "Cancel all of it?", () => this.#cancelAll()));
    on("wanted-pick", () => part("files").click());
    on("again", () => window.location.reload());
    const line = () => (this.transfer.online = navigator.onLine);
    window.addEventListener("online", line, { signal });
    window.addEventListener("offline", line, { signal });
    window.addEventListener("pagehide", () => void this.keep.flush(), { signal });
    askBeforeLeaving({ signal, busy: () => totals(this.#files).open > 0 });
  }

  #newShare() {
    const made = new OutgoingShare({
      api: this.api,
      waits: this.transfer.waits,
      options: () => this.options.read(),
      onCreated: (share, chosen) => {
        this.resume.leave();
        this.view.showLink(share);
        this.options.sent(chosen);
        void this.locks.take(share.id).then((letGo) => this.#holds(letGo));
      },
      onPlaced: (files) => void this.#placed(made.id, files),
      onRefused: (files, error) => this.#refused(files, error),
    });
    return made;
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

  #newTrouble(part) {
    return new Trouble({
      show: (words) => {
        part("trouble-text").textContent = words;
        part("trouble").hidden = !words;
      },
      // The one line in the console that is meant for people: what an administrator can do about it.
      log: (cure) => console.warn(cure), // eslint-disable-line no-console
    });
  }

  #newResume(part, signal) {
    return new Resume({
      api: this.api,
      keep: this.keep,
      locks: this.locks,
      part,
      signal,
      idle: () => this.share.id === null,
      onTaken: (share, letGo) => {
        this.#holds(letGo);
        this.share.adopt(share.id);
        this.view.showLink(share);
        this.options.adopt(share);
      },
      onFound: (found) => this.#found(found),
      onError: (error) => this.view.alert(inWords(error)),
    });
  }

  /** Bytes leave only when the disk remembers what they belong to. */
  async #placed(share, files) {
    await this.keep.place(share, files);
    const going = files.filter((file) => !file.settled);
    this.transfer.add(going);
    this.content.add(going, share);
  }

  #holds(letGo) {
    if (letGo !== null) this.#letGo = letGo;
  }

  #changed(file) {
    this.view.touch(file);
    if (file.id !== null && (file.state === "ready" || file.state === "canceled")) this.keep.drop(file.id);
  }

  /** A file that was begun earlier is here again; or one of its name that is not it any more. */
  #found({ record, file, handle, same }) {
    const upload = new FileUpload({ key: ++this.#keys, file, path: record.path, handle });
    this.#files.add(upload);
    if (same) {
      upload.id = record.id;
      void this.#takeUp(upload);
    } else {
      upload.begun = record.id;
      this.#refused([upload], new ChangedError(file.name));
    }
    this.view.touch(upload);
  }

  /** Another tab has taken this share while this one was frozen. */
  #lost() {
    this.transfer.pause();
    this.view.alert("This share is being sent in another tab.");
  }

  #acts() {
    return {
      remove: (file) => this.#remove(file),
      retry: (file) => void this.#retry(file),
      hold: (file) => (file.state === "paused" ? this.transfer.resume(file) : this.transfer.pause(file)),
    };
  }

  #standing() {
    const sums = totals(this.#files);
    const { waiting, held } = this.transfer;
    return { sums, waiting, mood: mood(sums, { waiting, held }) };
  }

  async #add(chosen) {
    const fresh = await this.resume.claim(chosen);
    const files = [];
    // The browser looks at the disk for each file's size, so thousands take their time.
    for await (const slice of inSlices(fresh, (one) => new FileUpload({ key: ++this.#keys, ...one }))) {
      files.push(...slice);
      for (const file of slice) this.#files.add(file);
      for (const file of slice) this.view.touch(file);
    }
    void this.#place(files);
  }

  /** What cannot fit is refused at once, before the server hears of it. */
  async #place(files) {
    const { fit, refused } = await this.room.take(files);
    for (const { file, error } of refused) {
      if (file.state !== "new") continue;
      file.fail(error);
      this.view.touch(file);
    }
    if (fit.length > 0) void this.share.add(fit);
  }

  #refused(files, error) {
    for (const file of files) {
      file.fail(error);
      this.view.touch(file);
    }
    if (this.share.id !== null) return;
    this.options.complain(error);
    this.view.alert(inWords(error), () => {
      this.view.alert("");
      for (const file of this.#files) if (file.state === "failed") void this.#retry(file);
    });
  }

  #remove(file) {
    this.transfer.drop(file);
    this.#files.delete(file);
    void this.share.remove(file).catch((error) => this.view.alert(inWords(error)));
  }

  /** Go on after a failure with whatever the storage already has; a file that changed gets a slot of its own. */
  async #retry(file) {
    try {
      if (file.begun) await this.#giveUp(file.begun);
      await this.#takeUp(file);
    } catch (error) {
      this.view.alert(inWords(error));
    }
  }

  /** Where the storage has some of it, send what is missing and check what is there; else begin. */
  async #takeUp(file) {
    const standing = await this.share.standing(file);
    if (file.state === "failed") file.again();
    if (file.state !== "new") return;
    if (standing === null) {
      Object.assign(file, { id: null });
      void this.share.add([file]);
      return;
    }
    file.adopt(standing);
    this.transfer.add([file]);
    this.content.add([file], this.share.id);
    try {
      if ((await verify(file, this.digester)) && file.state === "uploading") this.transfer.add([file]);
    } catch (error) {
      this.#refused([file], error);
      // Parts of two different files may be stored by now: nobody can use this slot any more.
      if (error instanceof ChangedError) await this.#giveUp(file.id);
    }
  }

  async #giveUp(id) {
    await this.share.removeSlot(id);
    this.keep.drop(id);
  }

  #cancelAll() {
    for (const file of this.#files) this.transfer.drop(file);
    this.#files.clear();
    if (this.share.id !== null) void this.keep.forget(this.share.id);
    void this.share.revoke().catch((error) => this.view.alert(inWords(error)));
    this.#letGo();
    this.view.hideLink();
    this.resume.leave();
    this.share = this.#newShare();
    this.room.newShare();
    this.options.refresh();
  }
}

customElements.define("upload-app", UploadApp);
