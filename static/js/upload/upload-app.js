/** `<upload-app>`: joins the ways in, the share, the engine and the view. */
import { Api } from "./api.js";
import { Digester } from "./digest.js";
import { inWords } from "./errors.js";
import { FileUpload } from "./file.js";
import { listen } from "./intake.js";
import { askBeforeLeaving } from "./leave.js";
import { Options } from "./options.js";
import { putPart } from "./part.js";
import { Room } from "./room.js";
import { OutgoingShare } from "./share.js";
import { mood, totals } from "./totals.js";
import { Transfer } from "./transfer.js";
import { View } from "./view.js";

class UploadApp extends HTMLElement {
  #end = new AbortController();
  #files = new Set();
  #keys = 0;

  connectedCallback() {
    const { signal } = this.#end;
    const part = (name) => this.querySelector(`[data-part="${name}"]`);
    this.api = new Api({ base: this.dataset.api, csrf: () => this.dataset.csrf });
    this.digester = new Digester({ url: this.dataset.digestWorker });
    this.transfer = new Transfer({
      api: this.api,
      digester: this.digester,
      put: putPart,
      onChange: (file) => this.view.touch(file),
    });
    this.view = new View({ root: this, part, standing: () => this.#standing(), acts: this.#acts() });
    this.share = this.#newShare();
    this.room = new Room({ api: this.api, known: JSON.parse(this.dataset.room) });
    this.options = new Options({ part, signal, save: (c) => this.share.edit(c), exists: () => this.share.id !== null });
    this.#listen(part, signal);
  }

  disconnectedCallback() {
    this.#end.abort();
    this.digester.close();
  }

  #listen(part, signal) {
    listen({
      drop: part("drop"),
      files: part("files"),
      folder: part("folder"),
      signal,
      onFiles: (chosen) => this.#add(chosen),
      onLeftOut: (what) => this.view.leftOut(what),
    });
    const on = (name, act) => part(name).addEventListener("click", act, { signal });
    on("pause", () => this.transfer.pause());
    on("resume", () => this.transfer.resume());
    on("cancel", () => this.#cancelAll(part("cancel")));
    on("again", () => window.location.reload());
    const line = () => (this.transfer.online = navigator.onLine);
    window.addEventListener("online", line, { signal });
    window.addEventListener("offline", line, { signal });
    askBeforeLeaving({ signal, busy: () => totals(this.#files).open > 0 });
  }

  #newShare() {
    return new OutgoingShare({
      api: this.api,
      waits: this.transfer.waits,
      options: () => this.options.read(),
      onCreated: (share, chosen) => {
        this.view.showLink(share);
        this.options.sent(chosen);
      },
      onPlaced: (files) => this.transfer.add(files),
      onRefused: (files, error) => this.#refused(files, error),
    });
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

  #add(chosen) {
    const files = chosen.map(({ file, path }) => new FileUpload({ key: ++this.#keys, file, path }));
    for (const file of files) {
      this.#files.add(file);
      this.view.touch(file);
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

  /** Go on after a failure with whatever the storage already has; with a new slot when the old one is gone. */
  async #retry(file) {
    try {
      const standing = await this.share.standing(file);
      if (file.state !== "failed") return;
      file.again();
      if (standing === null) {
        void this.share.add([file]);
      } else {
        file.adopt(standing);
        this.transfer.add([file]);
      }
    } catch (error) {
      this.view.alert(inWords(error));
    }
  }

  /** The first click asks, the second does it. */
  #cancelAll(button) {
    if (!button.hasAttribute("data-sure")) {
      button.setAttribute("data-sure", "");
      const label = button.lastChild.textContent;
      button.lastChild.textContent = "Cancel all of it?";
      setTimeout(() => {
        button.removeAttribute("data-sure");
        button.lastChild.textContent = label;
      }, 5_000);
      return;
    }
    for (const file of this.#files) this.transfer.drop(file);
    this.#files.clear();
    void this.share.revoke().catch((error) => this.view.alert(inWords(error)));
    this.view.hideLink();
    this.share = this.#newShare();
    this.room.newShare();
    this.options.refresh();
  }
}

customElements.define("upload-app", UploadApp);
