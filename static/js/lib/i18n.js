/**
 * Texts, numbers and dates in the language of the page, under the names of Django's functions.
 *
 * Texts are written in English. A page in another language brings their translations along (shares/templatetags/scripts.py);
 * one in English brings nothing. Workers have no page, and so no texts: they send codes and numbers to one.
 */

/**
 * A text with plurals has a list of forms, and `samples` a number for each form.
 * @typedef {{texts: Record<string, string | string[]>, samples: number[]}} Catalog
 */

const page = globalThis.document;

/** The language tag of the page, such as `en` or `pt-br`. */
export const language = page?.documentElement?.lang || "en";

const { texts, samples } = readCatalog();
const pluralRules = new Intl.PluralRules(language);
const englishPluralRules = new Intl.PluralRules("en");

/** @returns {Catalog} */
function readCatalog() {
  const json = page?.getElementById?.("script-catalog")?.textContent;
  return json ? JSON.parse(json) : { texts: {}, samples: [] };
}

/**
 * The translation of a text.
 *
 * @param {string} text
 */
export function gettext(text) {
  const translation = texts[text];
  return typeof translation === "string" ? translation : text;
}

/**
 * The translation of a text that depends on a number.
 *
 * @param {string} singular
 * @param {string} plural
 * @param {number} count
 */
export function ngettext(singular, plural, count) {
  const forms = texts[singular];
  if (Array.isArray(forms)) return forms[pluralForm(count)];
  return englishPluralRules.select(count) === "one" ? singular : plural;
}

/**
 * The form whose sample is in the plural category of `count`; the last form is the general one.
 *
 * @param {number} count
 */
function pluralForm(count) {
  const category = pluralRules.select(count);
  const index = samples.findIndex((sample) => pluralRules.select(sample) === category);
  return index < 0 ? samples.length - 1 : index;
}

/** By their options: to make a formatter takes a hundred times as long as to use it, and a list has thousands of sizes. */
const numberFormats = /** @type {Map<string, Intl.NumberFormat>} */ (new Map());

/**
 * Without separators of thousands, as the server writes numbers.
 *
 * @param {number} number
 * @param {Intl.NumberFormatOptions} [options]
 */
export function formatNumber(number, options) {
  const key = JSON.stringify(options);
  const numberFormat = numberFormats.get(key) ?? new Intl.NumberFormat(language, { useGrouping: false, ...options });
  numberFormats.set(key, numberFormat);
  return numberFormat.format(number);
}

/**
 * Fills in the placeholders of a text, such as `%(name)s`. Numbers are written as the language does.
 *
 * @param {string} text
 * @param {Record<string, string | number>} values
 */
export function interpolate(text, values) {
  return text.replaceAll(/%\((\w+)\)s/gu, (_placeholder, name) => {
    const value = values[name];
    return typeof value === "number" ? formatNumber(value) : value;
  });
}

/** @param {number} percent */
export const formatPercent = (percent) => formatNumber(percent / 100, { style: "percent" });

/**
 * @param {Date} date
 * @param {Intl.DateTimeFormatOptions} options
 */
export const formatDate = (date, options) => new Intl.DateTimeFormat(language, options).format(date);

/**
 * `a, b, and c`
 *
 * @param {string[]} items
 */
export const formatList = (items) => new Intl.ListFormat(language).format(items);
