/** The page's part of a download by the browser: it starts the service worker, sends it the plan, and displays the progress. */
import { percent } from "../lib/format.js";
import { formatPercent, gettext, interpolate } from "../lib/i18n.js";

/**
 * @typedef {import("./archive-stream.js").ArchiveProgress} ArchiveProgress
 * @typedef {import("./archive-stream.js").Plan} Plan
 */

const TIMEOUT_MS = 5_000;
const KEEP_ALIVE_MS = 10_000;
const FILE_TEXTS = {
  progress: gettext("Saving… %(percent)s · Cancel"),
  done: gettext("Done. Your file has been saved."),
  failed: gettext("The saved file is incomplete. Press the button to try again."),
};
const ARCHIVE_TEXTS = {
  progress: gettext("Packing… %(percent)s · Cancel"),
  done: gettext("Done. Your ZIP has been saved."),
  failed: gettext("The saved ZIP is incomplete. Press the button to try again."),
};
/** @type {Record<import("./range-reader.js").FailureReason, string>} */
const REASONS = {
  "share-ended": gettext("The share ended or was changed during the download."),
  "file-missing": gettext("“%(name)s” is no longer in storage."),
  "file-changed": gettext("“%(name)s” was changed during the download."),
  "connection-lost": gettext("The connection to the storage was lost."),
};
const root = /** @type {HTMLElement} */ (document.querySelector("[data-archive]"));

/**
 * @template T
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
function withTimeout(promise) {
  const { promise: timeout, reject } = /** @type {PromiseWithResolvers<T>} */ (Promise.withResolvers());
  setTimeout(() => reject(new Error("too late")), TIMEOUT_MS);
  return Promise.race([promise, timeout]);
}

/** @returns {Promise<ServiceWorker>} */
async function startServiceWorker() {
  const url = root.dataset.archiver ?? "";
  const registration = await navigator.serviceWorker.register(url, { type: "module", scope: "/share/" });
  if (registration.active) return registration.active;
  const worker = registration.installing ?? registration.waiting;
  if (!worker) throw new Error("the worker is not being installed");
  await new Promise((resolve, reject) => {
    worker.addEventListener("statechange", () => {
      if (worker.state === "activated") resolve(undefined);
      if (worker.state === "redundant") reject(new Error("the worker did not start"));
    });
  });
  return worker;
}

/**
 * The plan of an archive of `files`, or of all files for none.
 *
 * @param {string[]} files
 * @returns {Promise<Plan>}
 */
async function requestPlan(files) {
  const { archive: url = "", csrf = "" } = root.dataset;
  const body = new URLSearchParams(files.map((id) => ["file", id]));
  const response = await fetch(url, { method: "POST", body, headers: { "X-CSRFToken": csrf } });
  if (response.status !== 200) throw new Error(`no plan: ${response.status}`); // the form's own response has the reason
  return { ...(await response.json()), path: `${url}/${crypto.randomUUID()}`, linksUrl: `${url}/links`, csrf };
}

/**
 * Resolves once the browser reads the archive from the worker.
 *
 * @param {ServiceWorker} worker
 * @param {Plan} plan
 * @param {(progress: ArchiveProgress, cancel: () => void) => void} onProgress
 */
async function startArchive(worker, plan, onProgress) {
  const { port1: pagePort, port2: workerPort } = new MessageChannel();
  const waiting = Promise.withResolvers();
  const started = Promise.withResolvers();
  pagePort.addEventListener("message", (/** @type {MessageEvent<ArchiveProgress>} */ { data: progress }) => {
    if (progress.state === "waiting") waiting.resolve(undefined);
    if (progress.state === "started") started.resolve(undefined);
    onProgress(progress, () => pagePort.postMessage("cancel"));
  });
  pagePort.start();
  worker.postMessage({ plan }, [workerPort]);
  try {
    await withTimeout(waiting.promise);
    window.location.assign(plan.path);
    await withTimeout(started.promise);
  } catch (error) {
    pagePort.postMessage("cancel"); // the server sends the archive now: a worker that starts late must not save it as well
    pagePort.close();
    throw error;
  }
}

/** The button that was pressed: it displays the progress of the download, and cancels it when it is pressed once more. */
class ProgressButton {
  /** @type {ChildNode[] | null}  the button's own content, while it displays the progress */
  #content = null;
  /** @type {string | null} */
  #name = null;
  /** @type {(event: Event) => void} */
  #onClick = () => {};

  /**
   * @param {ServiceWorker} worker
   * @param {Plan} plan
   * @param {HTMLElement} button
   */
  constructor(worker, { files }, button) {
    this.texts = files.length === 1 ? FILE_TEXTS : ARCHIVE_TEXTS;
    this.button = button;
    this.notice = /** @type {HTMLElement} */ (root.querySelector("[data-archive-progress]"));
    // The result is displayed beside the button, in whichever bar it stands.
    button.closest(".bar")?.prepend(this.notice);
    this.status = /** @type {HTMLElement} */ (this.notice.querySelector("[role=status]"));
    this.keepAlive = setInterval(() => worker.postMessage({}), KEEP_ALIVE_MS);
  }

  /**
   * @param {ArchiveProgress} progress
   * @param {() => void} cancel
   */
  update(progress, cancel) {
    const { state, bytes, total } = progress;
    if (state === "started") this.#replaceContent(cancel);
    if (state === "started" || state === "going") this.#renderPercent(percent(bytes, total));
    else if (state !== "waiting") this.#restoreContent();
    this.#renderStatus(progress);
  }

  /** @param {() => void} cancel */
  #replaceContent(cancel) {
    this.#content = [...this.button.childNodes];
    this.#name = this.button.getAttribute("aria-label");
    this.button.dataset.packing = "";
    if (this.#name) this.button.setAttribute("aria-label", interpolate(gettext("Cancel: %(name)s"), { name: this.#name }));
    this.#onClick = (event) => {
      event.preventDefault();
      cancel();
    };
    this.button.addEventListener("click", this.#onClick);
  }

  /** Without a download. */
  close() {
    clearInterval(this.keepAlive);
  }

  /** @param {number} value */
  #renderPercent(value) {
    const text = document.createElement("span");
    text.textContent = interpolate(this.texts.progress, { percent: formatPercent(value) });
    this.button.replaceChildren(text);
    this.button.style.setProperty("--packed", `${value}%`);
  }

  #restoreContent() {
    clearInterval(this.keepAlive);
    if (!this.#content) return;
    this.button.replaceChildren(...this.#content);
    delete this.button.dataset.packing;
    if (this.#name) this.button.setAttribute("aria-label", this.#name);
    this.button.removeEventListener("click", this.#onClick);
    this.#content = null;
  }

  /**
   * Screen readers announce each state once: the button itself is silent.
   *
   * @param {ArchiveProgress} progress
   */
  #renderStatus({ state, reason = "connection-lost", fileName: name = "" }) {
    /** @type {Partial<Record<ArchiveProgress["state"], string>>} */
    const texts = {
      started: gettext("Leave this page open until it is done."),
      done: this.texts.done,
      canceled: gettext("Canceled. Nothing more is saved."),
      failed: `${interpolate(REASONS[reason], { name })} ${this.texts.failed}`,
    };
    const text = texts[state];
    if (!text) return;
    this.notice.hidden = false;
    this.notice.classList.toggle("notice-bad", state === "failed");
    this.status.textContent = text;
  }
}

/**
 * Saves `files`, by their ids; none means all of them. Rejects while nothing has been saved yet.
 *
 * @param {string[]} files
 * @param {HTMLElement} button
 */
export async function downloadFiles(files, button) {
  const worker = await withTimeout(startServiceWorker());
  const plan = await requestPlan(files);
  const progressButton = new ProgressButton(worker, plan, button);
  try {
    await startArchive(worker, plan, (progress, cancel) => progressButton.update(progress, cancel));
  } catch (error) {
    progressButton.close();
    throw error;
  }
}
