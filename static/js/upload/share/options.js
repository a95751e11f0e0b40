/**
 * The options form: reads it as the API wants it, saves each change of a share by itself, and says beside its field
 * that it is saved or what is wrong with it.
 */
import { ApiError, messageFor } from "../net/errors.js";

/** After a change that is complete, as by leaving a field; and while somebody still writes. */
const CHANGED_MS = 300;
const TYPED_MS = 1500;
/** Saved while they are being written. */
const TEXT_FIELDS = new Set(["title", "message"]);
const FIELDS = ["title", "message", "expires_in", "expires_at", "max_downloads", "password", "strict"];

export class Options {
  #saved;
  #timer = 0;
  #busy = false;
  #writing = null;

  /** `part(name)` finds a hook, `save(changes)` sends them, `exists()` tells whether there is a share yet. */
  constructor({ part, save, exists, signal }) {
    Object.assign(this, { part, save, exists });
    this.form = part("options");
    this.#saved = this.read();
    const on = (name, action) => this.form.addEventListener(name, action, { signal });
    on("input", ({ target }) => this.#typed(target));
    on("change", () => {
      this.#writing = null;
      this.#saveSoon(CHANGED_MS);
    });
    on("submit", (event) => {
      event.preventDefault();
      this.#saveSoon(0);
    });
    this.refresh();
  }

  /** Whether something stands in the form that the share does not have. */
  get unsaved() {
    return this.exists() && (this.#busy || Object.keys(this.#changes()).length > 0);
  }

  /** The whole form as a share's fields; an expiry left at the server's default is said all the same. */
  read() {
    const value = (name) => this.form.elements[name].value;
    const fields = {
      title: value("title").trim(),
      message: value("message").trim(),
      max_downloads: value("max_downloads") === "" ? null : Number(value("max_downloads")),
      password: value("password") === "" ? null : value("password"),
      strict: this.form.elements.strict.checked,
    };
    const expiry = value("expires_in");
    if (expiry === "never") fields.expires_at = null;
    else if (expiry === "own") fields.expires_at = instant(value("expires_at"));
    else fields.expires_in = Number(expiry);
    return fields;
  }

  /** Call when the server has taken `fields`: what the form held when it was asked, which may have changed since. */
  sent(fields = this.read()) {
    this.#saved = fields;
    this.#uncomplain();
    this.refresh();
    this.#saveSoon(CHANGED_MS);
  }

  /** Show what a share that was begun earlier has; its password nobody knows any more. */
  adopt(share) {
    const fields = this.form.elements;
    fields.title.value = share.title;
    fields.message.value = share.message;
    fields.max_downloads.value = share.max_downloads ?? "";
    fields.strict.checked = share.strict;
    fields.password.placeholder = share.has_password ? "Unchanged" : "None";
    if (share.expires_at !== null) {
      fields.expires_in.value = "own";
      fields.expires_at.value = localTime(new Date(share.expires_at));
    } else if (fields.expires_in.querySelector("[value=never]")) fields.expires_in.value = "never";
    this.sent();
  }

  refresh() {
    const isOwnDate = this.form.elements.expires_in.value === "own";
    this.form.querySelector("[data-own-date]").hidden = !isOwnDate;
    this.part("options-summary").textContent = this.#summary();
  }

  /** Show what is wrong; true when it belongs to a field of this form. */
  complain(error) {
    const name = error instanceof ApiError ? FIELDS.find((field) => error.field === field) : null;
    if (!name) return false;
    const errorElement = this.part(`error-${name}`);
    errorElement.textContent = error.message;
    errorElement.hidden = false;
    this.form.elements[name].setAttribute("aria-invalid", "true");
    this.form.closest("details").open = true;
    return true;
  }

  #uncomplain() {
    for (const name of FIELDS) {
      this.part(`error-${name}`).hidden = true;
      this.form.elements[name].removeAttribute("aria-invalid");
    }
  }

  #changes() {
    const saved = Object.entries(this.read()).filter(([name, value]) => this.#saved[name] !== value);
    return Object.fromEntries(saved);
  }

  /** The changes without what is half written: a password would be one, and a date is still to be chosen. */
  #complete() {
    const changes = this.#changes();
    if (!TEXT_FIELDS.has(this.#writing)) delete changes[this.#writing];
    if (changes.expires_at === "") delete changes.expires_at;
    return changes;
  }

  #typed(field) {
    this.#writing = field.name;
    this.#fieldElement(field.name)?.removeAttribute("data-saved");
    this.part("options-state").textContent = "";
    this.refresh();
    if (TEXT_FIELDS.has(field.name)) this.#saveSoon(TYPED_MS);
  }

  #saveSoon(ms) {
    clearTimeout(this.#timer);
    if (this.exists()) this.#timer = setTimeout(() => void this.#saveAll(), ms);
  }

  /** What the server refuses does not keep the rest from being saved. */
  async #saveAll() {
    const changes = this.#complete();
    if (this.#busy || Object.keys(changes).length === 0) return;
    this.#busy = true;
    this.#uncomplain();
    const state = this.part("options-state");
    state.textContent = "Saving…";
    let text = "Saved";
    try {
      while (Object.keys(changes).length > 0 && !(await this.#save(changes))) text = "Not saved yet.";
    } catch (error) {
      text = messageFor(error);
    }
    state.textContent = text;
    this.#busy = false;
    this.refresh();
    if (text === "Saved") this.#saveSoon(CHANGED_MS); // what has changed meanwhile
  }

  /** True when all of `changes` are saved; false when one was refused, which is taken out of them. */
  async #save(changes) {
    try {
      await this.save(changes);
    } catch (error) {
      const refusedField = FIELDS.find((name) => error instanceof ApiError && error.field === name);
      if (!(refusedField in changes)) throw error;
      this.complain(error);
      delete changes[refusedField];
      return false;
    }
    const { expires_in: seconds, expires_at: at, ...otherFields } = this.#saved;
    const expiry = "expires_in" in changes || "expires_at" in changes ? {} : { expires_in: seconds, expires_at: at };
    this.#saved = { ...expiry, ...otherFields, ...changes };
    for (const name of Object.keys(changes)) this.#fieldElement(name)?.setAttribute("data-saved", "");
    return true;
  }

  /** Where a field stands, with its label. */
  #fieldElement(name) {
    return this.form.elements[name]?.closest(".field, .check");
  }

  /** What the share has; before there is one, what it will be made with. */
  #summary() {
    const { expires_in: expiry, password: field } = this.form.elements;
    const values = this.exists() ? this.#saved : this.read();
    const { max_downloads: cap, password, strict } = values;
    const secret = this.exists() ? "password set" : "with a password";
    const texts = [
      expiryText(expiry, values),
      cap === null ? "no limit" : cap === 1 ? "1 download" : `${cap} downloads`,
      password === null && field.placeholder === "None" ? "no password" : secret,
      ...(strict ? ["strict"] : []),
    ];
    return texts.join(" · ");
  }
}

function expiryText(select, { expires_in: seconds, expires_at: at }) {
  const choice = [...select.options].find(({ value }) => Number(value) === seconds);
  if (choice) return `Expires in ${choice.textContent.trim()}`;
  if (at === null) return "Never expires";
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? "Expires on a date to be chosen" : `Expires ${date.toLocaleString()}`;
}

/** For a `datetime-local` input: the person's own zone, to the minute. */
function localTime(at) {
  return new Date(at - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** A `datetime-local` value, which is in the person's own zone, as RFC 3339 UTC; text that is no time stays as it is. */
function instant(local) {
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? local : at.toISOString();
}
