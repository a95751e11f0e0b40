/**
 * The link that this entry of the tab's history made: a reload, or the way back to the page, offers it again. Only the
 * share's id is kept, so that nobody else who signs in here sees more than the server shows them.
 */
const ENDED_STATES = new Set(["expired", "revoked", "suspended", "purged"]);

export class LastLink {
  /** `part(name)` finds a hook, `page(id)` gives the address of the owner's page. */
  constructor({ api, part, page }) {
    Object.assign(this, { api, part, page });
  }

  remember(id) {
    history.replaceState({ ...history.state, share: id }, "");
  }

  discard() {
    history.replaceState({ ...history.state, share: null }, "");
    this.part("last").hidden = true;
  }

  /** Never rejects: who can't be told about their last share has it in their list. */
  async offer({ signal }) {
    const id = history.state?.share;
    if (!id) return;
    const share = await this.api.share(id, { signal }).catch(() => null);
    if (share === null || ENDED_STATES.has(share.state)) return;
    this.part("last-link").value = share.url;
    this.part("last-open").href = this.page(id);
    this.part("last-title").textContent = share.title ? `Your last link: ${share.title}` : "Your last link";
    this.part("last").hidden = false;
  }
}
