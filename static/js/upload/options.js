/** The options form: reads it as the API wants it, sends what changed, shows what is wrong beside its field. */
import { ApiError, inWords } from "./errors.js";

const FIELDS = ["title", "message", "expires_in", "expires_at", "max_downloads", "password", "strict"];

export class Options {
  #saved;

  /** `part(name)` finds a hook, `save(changes)` sends them, `exists()` tells whether there is a share yet. */
  constructor({ part, save, exists, signal }) {
    Object.assign(this, { part, save, exists });
    this.form = part("options");
    this.#saved = this.read();
    this.form.addEventListener("input", () => this.refresh(), { signal });
    this.form.addEventListener(
      "submit",
      (event) => {
        event.preventDefault();
        void this.#submit();
      },
      { signal },
    );
    this.refresh();
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
    const own = this.form.elements.expires_in.value === "own";
    this.form.querySelector("[data-own-date]").hidden = !own;
    this.part("options-save").disabled = !this.exists() || Object.keys(this.#changes()).length === 0;
    this.part("options-summary").textContent = this.#summary();
  }

  /** Show what is wrong; true when it belongs to a field of this form. */
  complain(error) {
    const name = error instanceof ApiError ? FIELDS.find((field) => error.field === field) : null;
    if (!name) return false;
    const place = this.part(`error-${name}`);
    place.textContent = error.message;
    place.hidden = false;
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
    const now = this.read();
    const changed = Object.entries(now).filter(([name, value]) => this.#saved[name] !== value);
    return Object.fromEntries(changed);
  }

  async #submit() {
    this.#uncomplain();
    const state = this.part("options-state");
    state.textContent = "Saving…";
    try {
      await this.save(this.#changes());
      this.sent();
      state.textContent = "Saved";
    } catch (error) {
      state.textContent = this.complain(error) ? "Not saved yet." : inWords(error);
    }
  }

  #summary() {
    const expiry = this.form.elements.expires_in;
    const { max_downloads: cap, password, strict } = this.read();
    const words = [
      expiryInWords(expiry, this.form.elements.expires_at.value),
      cap === null ? "no limit" : cap === 1 ? "1 download" : `${cap} downloads`,
      password === null && this.form.elements.password.placeholder === "None" ? "no password" : "password set",
      ...(strict ? ["strict"] : []),
    ];
    return words.join(" · ");
  }
}

function expiryInWords(select, own) {
  if (select.value === "never") return "Never expires";
  if (select.value !== "own") return `Expires in ${select.selectedOptions[0].textContent.trim()}`;
  const at = new Date(own);
  return Number.isNaN(at.getTime()) ? "Expires on a date to be chosen" : `Expires ${at.toLocaleString()}`;
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
