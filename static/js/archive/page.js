/** The page's part in what offer.js began: it wakes the worker, hands the plan over, and shows how far it is. */
import { size } from "../upload/words.js";

const PATIENCE_MS = 5_000;
const AWAKE_MS = 10_000;
const SAID = {
  archive: { done: "All files are in the archive.", bad: "The archive is not complete" },
  file: { done: "The file is saved.", bad: "The file is not complete" },
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
    onNews(data);
  });
  mine.start();
  archiver.postMessage({ plan: wanted }, [theirs]);
  await within(PATIENCE_MS, news.waiting.promise);
  window.location.assign(wanted.address);
  await within(PATIENCE_MS, news.started.promise);
}

class Progress {
  constructor(archiver, { files }) {
    this.said = files.length === 1 ? SAID.file : SAID.archive;
    this.box = root.querySelector("[data-archive-progress]");
    this.bar = this.box.querySelector("progress");
    this.words = this.box.querySelector("[role=status]");
    this.awake = setInterval(() => archiver.postMessage({}), AWAKE_MS);
  }

  show({ state, bytes = 0, total = 0, why }) {
    this.box.hidden = false;
    this.box.classList.toggle("notice-bad", state === "failed");
    this.bar.hidden = state !== "started" && state !== "going";
    this.bar.max = Math.max(1, total);
    this.bar.value = bytes;
    const words = {
      started: `Saving ${size(total)}. Leave this page open until it is done.`,
      going: `${size(bytes)} of ${size(total)} saved. Leave this page open until it is done.`,
      done: this.said.done,
      failed: `${this.said.bad}, and your browser says so as well: ${why} Press the button to try again.`,
    };
    this.words.textContent = words[state] ?? "";
    if (state === "done" || state === "failed") clearInterval(this.awake);
  }
}

/** Saves `files`, by their ids; none means all of them. Rejects while nothing has been saved yet. */
export async function make(files) {
  const archiver = await within(PATIENCE_MS, worker());
  const job = await plan(files);
  const progress = new Progress(archiver, job);
  await begin(archiver, job, (news) => progress.show(news));
}
