/**
 * The presets of the options: selecting one fills the fields with its values, and limits what can be selected in them. What a
 * person has entered stays if the preset allows it. The server decides again.
 */

/** @typedef {import("./options.js").Field} Field */
/** @typedef {"expires_in" | "max_downloads" | "strict"} FilledField */

/** @type {FilledField[]} */
const FILLED_FIELDS = ["expires_in", "max_downloads", "strict"];
const OWN_EXPIRY = "own";
const NEVER = "never";

export class Presets {
  #form;
  #noPassword;
  /** @type {Record<FilledField, string>} the values of the page, or of the last preset: no person has entered them */
  #filled;

  /** @param {HTMLFormElement} form  with the radio buttons `preset`, whose `data-` attributes views/home.py writes */
  constructor(form) {
    this.#form = form;
    this.#noPassword = /** @type {HTMLInputElement} */ (this.#field("password")).placeholder;
    this.#filled = this.#defaults();
    if (this.value !== null) this.fill();
  }

  /** The selected radio button. */
  get input() {
    return /** @type {HTMLInputElement} */ (this.#form.querySelector("[name=preset]:checked"));
  }

  /** The API name of the preset, or null. */
  get value() {
    return this.input.value || null;
  }

  /**
   * The name of a preset as the page shows it.
   *
   * @param {string | null} value
   */
  nameOf(value) {
    const input = this.#inputs().find((radio) => radio.value === value);
    return input?.closest("label")?.querySelector(".preset-name")?.textContent ?? "";
  }

  get needsPassword() {
    return this.input.dataset.passwordRequired !== undefined;
  }

  /** @param {string | null} value  of a share that was created earlier; its other options are not filled */
  adopt(value) {
    const inputs = this.#inputs();
    const input = inputs.find((radio) => radio.value === value) ?? inputs.find((radio) => radio.value === "");
    if (input) input.checked = true;
    this.#limit();
  }

  /** Fills the fields that no person has changed, and those whose value the preset does not allow. */
  fill() {
    const values = this.#values();
    this.#limit();
    for (const name of FILLED_FIELDS) {
      if (this.#read(name) === this.#filled[name] || !this.#isAllowed(name)) this.#write(name, values[name]);
    }
    this.#filled = values;
  }

  /** @param {FilledField} name */
  #isAllowed(name) {
    const { maxDownloads, maxExpiresIn, strict } = this.input.dataset;
    const value = this.#read(name);
    if (name === "strict") return strict === undefined || value === "on";
    if (name === "max_downloads") return maxDownloads === undefined || (value !== "" && Number(value) <= Number(maxDownloads));
    if (value !== OWN_EXPIRY) return !this.#option(value)?.disabled;
    return maxExpiresIn === undefined || Date.parse(this.#field("expires_at").value) <= Date.now() + Number(maxExpiresIn) * 1000;
  }

  #limit() {
    const { maxDownloads = "1000000", maxExpiresIn, neverExpire, strict } = this.input.dataset;
    for (const option of /** @type {HTMLSelectElement} */ (this.#field("expires_in")).options) {
      const isAllowed = option.value === NEVER ? neverExpire : option.value === OWN_EXPIRY || Number(option.value) <= Number(maxExpiresIn);
      option.disabled = maxExpiresIn !== undefined && !isAllowed;
    }
    /** @type {HTMLInputElement} */ (this.#field("max_downloads")).max = maxDownloads;
    this.#field("strict").disabled = strict !== undefined;
    const password = /** @type {HTMLInputElement} */ (this.#field("password"));
    password.required = this.needsPassword;
    if (["", this.#noPassword].includes(password.placeholder)) password.placeholder = this.needsPassword ? "" : this.#noPassword;
  }

  #defaults() {
    const options = [.../** @type {HTMLSelectElement} */ (this.#field("expires_in")).options];
    return { expires_in: options.find((option) => option.defaultSelected)?.value ?? "", max_downloads: "", strict: "" };
  }

  #values() {
    const defaults = this.#defaults();
    const { expiresIn = defaults.expires_in, maxDownloads = "", strict } = this.input.dataset;
    return { expires_in: expiresIn, max_downloads: maxDownloads, strict: strict === undefined ? "" : "on" };
  }

  /** @param {FilledField} name */
  #read(name) {
    const field = this.#field(name);
    return name === "strict" ? (/** @type {HTMLInputElement} */ (field).checked ? "on" : "") : field.value;
  }

  /**
   * @param {FilledField} name
   * @param {string} value
   */
  #write(name, value) {
    const field = this.#field(name);
    if (name === "strict") /** @type {HTMLInputElement} */ (field).checked = value === "on";
    else field.value = value;
  }

  #inputs() {
    return /** @type {HTMLInputElement[]} */ ([...this.#form.querySelectorAll("[name=preset]")]);
  }

  /** @param {string} value */
  #option(value) {
    return [.../** @type {HTMLSelectElement} */ (this.#field("expires_in")).options].find((option) => option.value === value);
  }

  /**
   * @param {string} name
   * @returns {Field}
   */
  #field(name) {
    return /** @type {Field} */ (this.#form.elements.namedItem(name));
  }
}
