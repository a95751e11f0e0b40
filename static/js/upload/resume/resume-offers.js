/** The list of unfinished uploads, from the server's template, and the list of files that have to be selected again. */
import { cloneTemplate, partFinder } from "../../lib/find-part.js";
import { size } from "../../lib/format.js";
import { formatList, gettext, interpolate, ngettext } from "../../lib/i18n.js";
import { confirmClick } from "./confirm-click.js";

/** @typedef {import("../../lib/find-part.js").FindPart} FindPart */
/** @typedef {import("../net/api.js").Share} Share */
/** @typedef {import("./upload-store.js").FileRecord} FileRecord */

/**
 * An upload that can be resumed, with its unfinished files.
 *
 * @typedef {{id: string, name: string, isBusy: false, share: Share, files: FileRecord[], remainingBytes: number}} ResumeOffer
 */
/**
 * An upload that another tab is sending.
 *
 * @typedef {{id: string, name: string, isBusy: true}} BusyOffer
 */
/** @typedef {{node: HTMLElement, part: FindPart, offer: ResumeOffer | BusyOffer}} OfferRow */
/** @typedef {(offer: ResumeOffer) => void} OfferHandler */

const MAX_NAMES = 5;

export class ResumeOffers {
  /** @type {Map<string, OfferRow>} */
  #rows = new Map();

  /** @param {{part: FindPart, onResume: OfferHandler, onDiscard: OfferHandler}} settings */
  constructor({ part, onResume, onDiscard }) {
    this.part = part;
    this.onResume = onResume;
    this.onDiscard = onDiscard;
    this.template = part("offer");
  }

  /** @param {ResumeOffer | BusyOffer} offer */
  show(offer) {
    const row = this.#rows.get(offer.id) ?? this.#create(offer);
    row.offer = offer;
    const { part } = row;
    part("offer-name").textContent = interpolate(offer.isBusy ? gettext("“%(name)s”") : gettext("Resume “%(name)s”"), { name: offer.name });
    part("offer-note").textContent = offer.isBusy ? gettext("Uploading in another tab") : remainingText(offer);
    part("offer-actions").hidden = offer.isBusy;
    this.part("offers").hidden = false;
  }

  /** @param {string} id */
  markBusy(id) {
    const offer = this.#rows.get(id)?.offer;
    if (offer) this.show({ id, name: offer.name, isBusy: true });
  }

  /** @param {string} id */
  drop(id) {
    this.#rows.get(id)?.node.remove();
    this.#rows.delete(id);
    this.part("offers").hidden = this.#rows.size === 0;
  }

  clear() {
    for (const id of [...this.#rows.keys()]) this.drop(id);
  }

  /** @param {FileRecord[]} records  files that the browser cannot open by itself; none hides the request */
  requestFiles(records) {
    const names = records.slice(0, MAX_NAMES).map((record) => `“${record.name}” (${size(record.size)})`);
    const count = records.length - MAX_NAMES;
    if (count > 0) names.push(interpolate(ngettext("%(count)s more", "%(count)s more", count), { count }));
    const text = gettext("Select %(files)s again to resume. Uploaded data is kept.");
    this.part("missing-text").textContent = interpolate(text, { files: formatList(names) });
    this.part("missing").hidden = records.length === 0;
  }

  /** @param {ResumeOffer | BusyOffer} offer */
  #create(offer) {
    const node = cloneTemplate(this.template);
    const part = partFinder(node);
    /** @type {OfferRow} */
    const row = { node, part, offer };
    this.#rows.set(offer.id, row);
    /** @param {OfferHandler} handler */
    const handle = (handler) => {
      if (!row.offer.isBusy) handler(row.offer);
    };
    part("offer-go").addEventListener("click", () => handle(this.onResume));
    const discard = part("offer-discard");
    discard.addEventListener("click", () => confirmClick(discard, gettext("Discard this upload?"), () => handle(this.onDiscard)));
    this.part("offer-list").append(node);
    return row;
  }
}

/** @param {ResumeOffer} offer */
function remainingText({ files, remainingBytes }) {
  const text = ngettext("%(count)s file, %(size)s left", "%(count)s files, %(size)s left", files.length);
  return interpolate(text, { count: files.length, size: size(remainingBytes) });
}
