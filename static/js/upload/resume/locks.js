/**
 * One tab a share. Web Locks where the browser has them: they end with their tab, however it ends. On plain http (a
 * local network) browsers hide them; there the tabs ask one another, and the one that took a share last keeps it.
 */

const CHANNEL = "sharesite-uploads";
/** How long a tab that holds the share may take to say so. A message wakes a tab whose timers sleep. */
const ANSWER_MS = 500;

/** `take(share)` gives a function that lets go again, or null when another tab has it; `onLost(share)` hears of thieves. */
export function makeLocks({ onLost = () => {} } = {}) {
  return navigator.locks ? new WebLocks() : new Agreements({ onLost });
}

export class WebLocks {
  take(share) {
    return new Promise((resolve) => {
      void navigator.locks
        .request(`${CHANNEL}:${share}`, { ifAvailable: true }, (lock) => {
          if (lock === null) {
            resolve(null);
            return null;
          }
          return new Promise((release) => {
            resolve(release);
          });
        })
        .catch(() => resolve(() => {})); // a browser without lock manager for this page: better two than none
    });
  }

  async free(share) {
    const { held } = await navigator.locks.query();
    return !held.some(({ name }) => name === `${CHANNEL}:${share}`);
  }
}

/** The same by talking. A tab asks "whose is it?"; silence means nobody's. Of two that ask at once the lower name wins. */
export class Agreements {
  #me = `${Math.random()}`.slice(2);
  #held = new Set();
  #asking = new Map();

  constructor({ onLost, channel = new BroadcastChannel(CHANNEL), answerMs = ANSWER_MS }) {
    Object.assign(this, { onLost, channel, answerMs });
    channel.addEventListener("message", ({ data }) => this.#hear(data));
  }

  async take(share) {
    if (!(await this.#ask(share, { wanting: true }))) return null;
    this.#held.add(share);
    this.#say("took", share);
    return () => this.#held.delete(share);
  }

  free(share) {
    return this.#ask(share, { wanting: false });
  }

  async #ask(share, { wanting }) {
    if (this.#held.has(share)) return false;
    const question = { free: true, wanting };
    this.#asking.set(share, question);
    this.#say("whose", share, { wanting });
    await new Promise((resolve) => {
      setTimeout(resolve, this.answerMs);
    });
    this.#asking.delete(share);
    return question.free;
  }

  #hear({ word, share, from, to, wanting }) {
    if (word === "whose") this.#answer(share, from, wanting);
    else if (word === "mine" && to === this.#me) Object.assign(this.#asking.get(share) ?? {}, { free: false });
    else if (word === "took" && this.#held.delete(share)) this.onLost(share); // this tab was frozen when it was asked
  }

  /** Two that want it in the same moment come to the same end, each by itself. */
  #answer(share, from, wanting) {
    const asking = this.#asking.get(share);
    const rivals = wanting && asking?.wanting;
    if (this.#held.has(share) || (rivals && this.#me < from)) this.#say("mine", share, { to: from });
    else if (rivals) asking.free = false;
  }

  #say(word, share, more = {}) {
    this.channel.postMessage({ word, share, from: this.#me, ...more });
  }
}
