/** The page's part in what enhance-buttons.js began: it wakes the worker, hands the plan over, and shows how far it is. */
import { percent } from "../lib/format.js";

const PATIENCE_MS = 5_000;
const AWAKE_MS = 10_000;
const WORDS = {
  archive: { going: "Packing", done: "Done. Your ZIP has been saved.", bad: "The ZIP is not complete" },
  file: { going: "Saving", done: "Done. Your file has been saved.", bad: "The file is not complete" },
};
const root = document.querySelector("[data-archive]");

function within(ms, promise) {
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new Error("too late")), ms);
  });
  return Promise.race([promise, late]);
}

async function worker() {
  const { archiver: url } = root.dataset;
  const registration = await navigator.serviceWorker.register(url, { type: "module", scope: "/share/" });
  if (registration.active) return registration.active;
  const starting = registration.installing ?? registration.waiting;
  await new Promise((resolve, reject) => {
    starting.addEventListener("statechange", () => {
      if (starting.state === "activated") resolve();
      if (starting.state === "redundant") reject(new Error("the worker did not start"));
    });
  });
  return registration.active;
}

/** What is to be in the archive: the files named, or all of them for none. */
async function plan(files) {
  const { archive: url, csrf } = root.dataset;
  const body = new URLSearchParams(files.map((id) => ["file", id]));
  const answer = await fetch(url, { method: "POST", body, headers: { "X-CSRFToken": csrf } });
  if (answer.status !== 200) throw new Error(`no plan: ${answer.status}`); // the form's own answer says why
  const job = crypto.randomUUID();
  return { ...(await answer.json()), address: `${url}/${job}`, linksUrl: `${url}/links`, csrf };
}

/** Resolves once the browser takes the archive from the worker. */
async function begin(archiver, wanted, onNews) {
  const { port1: mine, port2: theirs } = new MessageChannel();
  const news = { waiting: Promise.withResolvers(), started: Promise.withResolvers() };
  mine.addEventListener("message", ({ data }) => {
    news[data.state]?.resolve();
    onNews(data, () => mine.postMessage("cancel"));
  });
  mine.start();
  archiver.postMessage({ plan: wanted }, [theirs]);
  await within(PATIENCE_MS, news.waiting.promise);
  window.location.assign(wanted.address);
  await within(PATIENCE_MS, news.started.promise);
}

/** The button that was pressed: it says how far the download is, and pressed again it cancels. */
class Progress {
  #label;
  #name;

  constructor(archiver, { files }, button) {
    this.words = files.length === 1 ? WORDS.file : WORDS.archive;
    this.button = button;
    this.box = root.querySelector("[data-archive-progress]");
    // What becomes of it is said beside the button, in whichever bar it stands.
    button.closest(".bar")?.prepend(this.box);
    this.status = this.box.querySelector("[role=status]");
    this.awake = setInterval(() => archiver.postMessage({}), AWAKE_MS);
  }

  show({ state, bytes = 0, total = 0, why }, cancel) {
    const share = percent(bytes, total);
    if (state === "started") this.#occupy(cancel);
    if (state === "started" || state === "going") this.#fill(share);
    else if (state !== "waiting") this.#free();
    this.#say(state, why);
  }

  #occupy(cancel) {
    this.#label = [...this.button.childNodes];
    this.#name = this.button.getAttribute("aria-label");
    this.button.dataset.packing = "";
    if (this.#name) this.button.setAttribute("aria-label", `Cancel: ${this.#name}`);
    this.onClick = (event) => {
      event.preventDefault();
      cancel();
    };
    this.button.addEventListener("click", this.onClick);
  }

  #fill(share) {
    const words = document.createElement("span");
    words.textContent = `${this.words.going}… ${share} % · Cancel`;
    this.button.replaceChildren(words);
    this.button.style.setProperty("--packed", `${share}%`);
  }

  #free() {
    clearInterval(this.awake);
    if (!this.#label) return;
    this.button.replaceChildren(...this.#label);
    delete this.button.dataset.packing;
    if (this.#name) this.button.setAttribute("aria-label", this.#name);
    this.button.removeEventListener("click", this.onClick);
    this.#label = null;
  }

  /** Read out once for each state: the button itself is silent. */
  #say(state, why) {
    const words = {
      started: "Leave this page open until it is done.",
      done: this.words.done,
      canceled: "Canceled. Nothing more is saved.",
      failed: `${this.words.bad}, and your browser says so as well: ${why} Press the button to try again.`,
    }[state];
    if (!words) return;
    this.box.hidden = false;
    this.box.classList.toggle("notice-bad", state === "failed");
    this.status.textContent = words;
  }
}

/** Saves `files`, by their ids; none means all of them. Rejects while nothing has been saved yet. */
export async function make(files, button) {
  const archiver = await within(PATIENCE_MS, worker());
  const job = await plan(files);
  const progress = new Progress(archiver, job, button);
  await begin(archiver, job, (news, cancel) => progress.show(news, cancel));
}
