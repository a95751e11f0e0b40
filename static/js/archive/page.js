/**
 * “Download all”, or those that are ticked, in a browser that can make the archive itself: straight from the storage to
 * the disk. Wherever that is not possible the form is sent as it is, and the server makes the archive.
 *
 * A large file goes the same way: over a line that breaks it goes on from a fresh address, for as long as the page is open.
 */
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

  show({ state, bytes, total, why }) {
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

async function make(files) {
  const archiver = await within(PATIENCE_MS, worker());
  const job = await plan(files);
  const progress = new Progress(archiver, job);
  await begin(archiver, job, (news) => progress.show(news));
}

/** As it would have been without this script. */
function send(form, submitter) {
  if (submitter?.hasAttribute("formaction")) form.action = submitter.formAction;
  form.submit();
}

/** The ids of what is to be saved, none for all; nothing at all for a small file, which needs no help. */
function chosen(form, submitter) {
  if (submitter?.dataset.large) return [submitter.dataset.large];
  const files = new FormData(form).getAll("file");
  return submitter?.hasAttribute("formaction") || files.length === 1 ? null : files;
}

function take(event) {
  const { target: form, submitter } = event;
  if (!form.action.endsWith("/download")) return;
  const files = chosen(form, submitter);
  if (!files) return;
  event.preventDefault();
  submitter?.setAttribute("aria-busy", "true");
  make(files)
    .catch(() => send(form, submitter))
    .finally(() => submitter?.removeAttribute("aria-busy"));
}

if (root && window.isSecureContext && "serviceWorker" in navigator && "withResolvers" in Promise) {
  root.addEventListener("submit", take);
}
