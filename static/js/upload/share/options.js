/**
 * The form with the options: reads it as the API expects it, saves each change of a share automatically, and displays beside
 * its field that it is saved, or what is wrong with it.
 */
import { gettext, interpolate, ngettext } from "../../lib/i18n.js";
import { dateTime } from "../../lib/time.js";
import { ApiError, messageFor } from "../net/errors.js";
import { Presets } from "./presets.js";

/** @typedef {import("../../lib/find-part.js").FindPart} FindPart */
/** @typedef {import("../net/api.js").Share} Share */
/** @typedef {import("../net/api.js").ShareFields} ShareFields */
/** @typedef {keyof ShareFields} FieldName */
/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Field */

/** The delay after a change that is complete, as when a field is left; and while someone is still typing. */
const CHANGED_MS = 300;
const TYPED_MS = 1500;
/** Saved while someone is typing. */
const TEXT_FIELDS = new Set(["title", "message"]);
/** @type {FieldName[]} */
const FIELDS = ["preset", "title", "message", "expires_in", "expires_at", "max_downloads", "password", "strict"];

export class Options {
  /** @type {ShareFields} */
  #savedFields;
  #timer = 0;
  #isSaving = false;
  /** Whether the share has a password that the form does not know. */
  #hasUnknownPassword = false;
  /** @type {string | null} the field that someone is typing in */
  #typedField = null;

  /**
   * @param {object} settings
   * @param {FindPart} settings.part
   * @param {(changes: Partial<ShareFields>) => Promise<unknown>} settings.save
   * @param {() => boolean} settings.exists  whether there is a share yet
   * @param {AbortSignal} settings.signal
   */
  constructor({ part, save, exists, signal }) {
    this.part = part;
    this.save = save;
    this.exists = exists;
    this.form = /** @type {HTMLFormElement} */ (part("options"));
    this.presets = new Presets(this.form);
    this.#savedFields = this.read();
    this.form.addEventListener("input", ({ target }) => this.#handleInput(/** @type {Field} */ (target)), { signal });
    this.form.addEventListener("change", () => this.#handleChange(), { signal });
    const submit = (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#saveSoon(0);
    };
    this.form.addEventListener("submit", submit, { signal });
    this.refresh();
  }

  /** Whether the form has values that the share does not have. */
  get isUnsaved() {
    return this.exists() && (this.#isSaving || Object.keys(this.#changes()).length > 0);
  }

  /**
   * All fields of the form, including an expiry that is the server's default.
   *
   * @returns {ShareFields}
   */
  read() {
    const value = (/** @type {FieldName} */ name) => this.#field(name).value;
    const fields = {
      preset: this.presets.value,
      title: value("title").trim(),
      message: value("message").trim(),
      max_downloads: value("max_downloads") === "" ? null : Number(value("max_downloads")),
      password: value("password") === "" ? null : value("password"),
      strict: /** @type {HTMLInputElement} */ (this.#field("strict")).checked,
    };
    const expiry = value("expires_in");
    if (expiry === "never") return { ...fields, expires_at: null };
    if (expiry === "own") return { ...fields, expires_at: toUtc(value("expires_at")) };
    return { ...fields, expires_in: Number(expiry) };
  }

  /** @param {ShareFields} [fields]  that the server has accepted: the form may have changed since */
  markSaved(fields = this.read()) {
    this.#savedFields = fields;
    this.#clearErrors();
    this.refresh();
    this.#saveSoon(CHANGED_MS);
  }

  /**
   * Displays the options of a share that was created earlier; its password is unknown.
   *
   * @param {Share} share
   */
  adopt(share) {
    this.#field("title").value = share.title;
    this.#field("message").value = share.message;
    this.#field("max_downloads").value = String(share.max_downloads ?? "");
    /** @type {HTMLInputElement} */ (this.#field("strict")).checked = share.strict;
    this.#hasUnknownPassword = share.has_password;
    if (share.has_password) /** @type {HTMLInputElement} */ (this.#field("password")).placeholder = gettext("Unchanged");
    const expiry = this.#field("expires_in");
    if (share.expires_at !== null) {
      expiry.value = "own";
      this.#field("expires_at").value = toLocalTime(new Date(share.expires_at));
    } else if (expiry.querySelector("[value=never]")) expiry.value = "never";
    this.presets.adopt(share.preset);
    this.markSaved();
  }

  refresh() {
    this.part("expires-at").hidden = this.#field("expires_in").value !== "own";
    this.part("password-required").hidden = !this.presets.needsPassword;
    this.part("options-summary").textContent = this.#summary();
  }

  /**
   * Displays an error beside its field. False when it belongs to no field of this form.
   *
   * @param {unknown} error
   */
  showError(error) {
    const name = fieldOf(error);
    if (!(error instanceof ApiError) || !name) return false;
    const errorElement = this.part(`error-${name}`);
    errorElement.textContent = error.message;
    errorElement.hidden = false;
    this.#field(name).setAttribute("aria-invalid", "true");
    this.form.closest("details")?.setAttribute("open", "");
    return true;
  }

  #clearErrors() {
    for (const name of FIELDS) {
      this.part(`error-${name}`).hidden = true;
      this.#field(name).removeAttribute("aria-invalid");
    }
  }

  /**
   * @param {FieldName} name
   * @returns {Field}
   */
  #field(name) {
    if (name === "preset") return this.presets.input;
    return /** @type {Field} */ (this.form.elements.namedItem(name));
  }

  /** @returns {Partial<ShareFields>} */
  #changes() {
    const savedValues = new Map(Object.entries(this.#savedFields));
    return Object.fromEntries(Object.entries(this.read()).filter(([name, value]) => savedValues.get(name) !== value));
  }

  /** The changes without an incomplete one: a password that is being typed, a date that is not selected yet. */
  #completeChanges() {
    const changes = Object.entries(this.#changes()).filter(([name]) => TEXT_FIELDS.has(name) || name !== this.#typedField);
    return Object.fromEntries(changes.filter(([name, value]) => name !== "expires_at" || value !== ""));
  }

  /** @param {Field} field */
  #handleInput(field) {
    this.#typedField = field.name;
    field.closest(".field, .check")?.removeAttribute("data-saved");
    this.part("options-state").textContent = "";
    if (field.name === "preset") this.presets.fill();
    this.refresh();
    if (TEXT_FIELDS.has(field.name)) this.#saveSoon(TYPED_MS);
  }

  #handleChange() {
    this.#typedField = null;
    this.#saveSoon(CHANGED_MS);
  }

  /** @param {number} ms */
  #saveSoon(ms) {
    clearTimeout(this.#timer);
    if (this.exists()) this.#timer = setTimeout(() => void this.#saveAll(), ms);
  }

  /** Saves each field that the server accepts, even if it refuses another. */
  async #saveAll() {
    const changes = this.#completeChanges();
    if (this.#isSaving || Object.keys(changes).length === 0) return;
    this.#isSaving = true;
    this.#clearErrors();
    const state = this.part("options-state");
    state.textContent = gettext("Saving…");
    let isComplete = true;
    let text = gettext("Saved");
    try {
      while (Object.keys(changes).length > 0 && !(await this.#save(changes))) isComplete = false;
      if (!isComplete) text = gettext("Not all changes are saved.");
    } catch (error) {
      isComplete = false;
      text = messageFor(error);
    }
    state.textContent = text;
    this.#isSaving = false;
    this.refresh();
    if (isComplete) this.#saveSoon(CHANGED_MS); // what has changed in the meantime
  }

  /**
   * True when `changes` are saved; false when one of them was refused, which is removed from them.
   *
   * @param {Partial<ShareFields>} changes
   */
  async #save(changes) {
    try {
      await this.save(changes);
    } catch (error) {
      const refusedField = fieldOf(error);
      this.showError(error);
      if (!refusedField || !(refusedField in changes)) throw error;
      delete changes[refusedField];
      return false;
    }
    const { expires_in: seconds, expires_at: expiresAt, ...otherFields } = this.#savedFields;
    const isExpiryChanged = "expires_in" in changes || "expires_at" in changes;
    const expiry = isExpiryChanged ? {} : { expires_in: seconds, expires_at: expiresAt };
    this.#savedFields = { ...expiry, ...otherFields, ...changes };
    for (const name of FIELDS.filter((field) => field in changes)) this.#field(name).closest(".field, .check")?.setAttribute("data-saved", "");
    return true;
  }

  /** The options of the share; before it exists, those that it is going to have. */
  #summary() {
    const fields = this.exists() ? this.#savedFields : this.read();
    const { max_downloads: limit, password, strict } = fields;
    const hasPassword = password !== null || this.#hasUnknownPassword;
    const texts = [
      ...(fields.preset === null ? [] : [this.presets.nameOf(fields.preset)]),
      expiryText(/** @type {HTMLSelectElement} */ (this.#field("expires_in")), fields),
      limit === null ? gettext("no limit") : interpolate(ngettext("%(count)s download", "%(count)s downloads", limit), { count: limit }),
      passwordText(hasPassword, this.presets.needsPassword),
      ...(strict ? [gettext("strict")] : []),
    ];
    return texts.join(" · ");
  }
}

/**
 * The field of the form that a refusal is about.
 *
 * @param {unknown} error
 */
function fieldOf(error) {
  return FIELDS.find((name) => error instanceof ApiError && error.field === name);
}

/**
 * @param {boolean} hasPassword
 * @param {boolean} isRequired
 */
function passwordText(hasPassword, isRequired) {
  if (hasPassword) return gettext("password set");
  return isRequired ? gettext("password needed") : gettext("no password");
}

/**
 * @param {HTMLSelectElement} select
 * @param {Pick<ShareFields, "expires_in" | "expires_at">} fields
 */
function expiryText(select, { expires_in: seconds, expires_at: expiresAt }) {
  const choice = [...select.options].find(({ value }) => Number(value) === seconds);
  if (choice) return interpolate(gettext("Expires in %(duration)s"), { duration: choice.textContent?.trim() ?? "" });
  if (expiresAt === null) return gettext("Never expires");
  const date = new Date(expiresAt ?? "");
  if (Number.isNaN(date.getTime())) return gettext("No expiry date yet");
  return interpolate(gettext("Expires %(date)s"), { date: dateTime(date) });
}

/**
 * The value of a `datetime-local` input, which is in the time zone of the browser, to the minute.
 *
 * @param {Date} date
 */
function toLocalTime(date) {
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/**
 * The value of a `datetime-local` input as RFC 3339 in UTC; text that is no time remains as it is.
 *
 * @param {string} localTime
 */
function toUtc(localTime) {
  const date = new Date(localTime);
  return Number.isNaN(date.getTime()) ? localTime : date.toISOString();
}
