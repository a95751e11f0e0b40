/**
 * The last link that was created in this entry of the tab's history: it is displayed after a reload, or after the way back
 * to the page. Only the share's id is stored, so that someone else who signs in sees no more than the server shows them.
 */
import { gettext, interpolate } from "../../lib/i18n.js";

/** @typedef {import("../../lib/find-part.js").FindPart} FindPart */
/** @typedef {import("../net/api.js").Api} Api */

const ENDED_STATES = new Set(["expired", "revoked", "suspended", "purged"]);

export class LastLink {
  /** @param {{api: Api, part: FindPart, pageOf: (id: string) => string}} settings  `pageOf` is the owner's page of a share */
  constructor({ api, part, pageOf }) {
    this.api = api;
    this.part = part;
    this.pageOf = pageOf;
  }

  /** @param {string} id */
  remember(id) {
    history.replaceState({ ...history.state, share: id }, "");
  }

  discard() {
    history.replaceState({ ...history.state, share: null }, "");
    this.part("last").hidden = true;
  }

  /**
   * Never rejects: the link is also in the list of shares.
   *
   * @param {{signal: AbortSignal}} options
   */
  async show({ signal }) {
    const id = history.state?.share;
    if (!id) return;
    const share = await this.api.share(id, { signal }).catch(() => null);
    if (share === null || ENDED_STATES.has(share.state)) return;
    /** @type {HTMLInputElement} */ (this.part("last-link")).value = share.url;
    /** @type {HTMLAnchorElement} */ (this.part("last-open")).href = this.pageOf(id);
    this.part("last-title").textContent = titleOf(share);
    this.part("last").hidden = false;
  }
}

/** @param {{title: string}} share */
function titleOf({ title }) {
  return title ? interpolate(gettext("Your last link: %(title)s"), { title }) : gettext("Your last link");
}
