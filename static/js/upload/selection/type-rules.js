/**
 * The rules by type that the page was loaded with: files that the server would refuse by their name are named before they are
 * added. Where only the server can tell, it decides.
 */
import { size } from "../../lib/format.js";
import { gettext, interpolate } from "../../lib/i18n.js";
import { isSystemFile } from "./rejected.js";

/**
 * Extensions without dots; media types such as `image/*`. `maxBytes` is null without a limit.
 *
 * @typedef {{isAllowed: boolean, extensions: string[], mediaTypes: string[], maxBytes: number | null}} TypeRule
 */
/** @typedef {import("./rejected.js").Rejection} Rejection */
/** @typedef {import("../engine/file-upload.js").SelectedFile} SelectedFile */
/** @typedef {{name: string, type: string, size: number}} NamedFile */

export class TypeRules {
  #allowed;
  #denied;

  /** @param {{rules: TypeRule[], text: string}} pageData  `text`: a sentence with the allowed types */
  constructor({ rules, text }) {
    this.#allowed = rules.filter(({ isAllowed }) => isAllowed);
    this.#denied = rules.filter(({ isAllowed }) => !isAllowed);
    this.text = text;
  }

  /**
   * The files of a selection that are added, system files excepted.
   *
   * @param {SelectedFile[]} selection
   * @param {(rejection: Rejection) => void} onRejected
   */
  accept(selection, onRejected) {
    return selection.filter(({ file }) => {
      const rejection = this.rejection(file);
      if (rejection) onRejected(rejection);
      return rejection === null;
    });
  }

  /**
   * The entry of `file` among the files that are not added, or null.
   *
   * @param {NamedFile} file
   * @returns {Rejection | null}
   */
  rejection(file) {
    const { name } = file;
    if (isSystemFile(name)) return { reason: "system", name };
    const detail = this.refusal(file);
    return detail ? { reason: "type", name, detail } : null;
  }

  /**
   * Why the server would refuse `file`, or "".
   *
   * @param {NamedFile} file
   */
  refusal(file) {
    if (this.#denied.some((rule) => matches(rule, file) === true)) return this.text;
    if (this.#allowed.length === 0) return "";
    const candidates = this.#allowed.filter((rule) => matches(rule, file) !== false);
    if (candidates.length === 0) return this.text;
    const limits = candidates.map(({ maxBytes }) => maxBytes ?? Infinity);
    const limit = Math.max(...limits);
    return file.size > limit ? interpolate(gettext("Files of this type can have at most %(limit)s here."), { limit: size(limit) }) : "";
  }
}

/**
 * Whether the rule matches; null if that depends on a media type that the browser may call otherwise, or does not know.
 *
 * @param {TypeRule} rule
 * @param {NamedFile} file
 * @returns {boolean | null}
 */
function matches({ extensions, mediaTypes }, { name, type }) {
  if (extensions.length === 0 && mediaTypes.length === 0) return true;
  const dot = name.lastIndexOf(".");
  if (dot >= 0 && extensions.includes(name.slice(dot + 1).toLowerCase().trim())) return true;
  return mediaTypes.length > 0 && matchesType(mediaTypes, type);
}

/**
 * @param {string[]} mediaTypes
 * @param {string} type  by the browser; "" if unknown
 * @returns {boolean | null}
 */
function matchesType(mediaTypes, type) {
  const [group] = type.split("/");
  if (mediaTypes.includes("*/*")) return true;
  if (!type) return null;
  if (mediaTypes.some((mediaType) => mediaType === type || mediaType === `${group}/*`)) return true;
  return mediaTypes.every((mediaType) => mediaType.endsWith("/*")) ? false : null;
}
