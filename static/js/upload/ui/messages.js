/** The state of a file, and of all files together, as text. */
import { files, percent, rate, size, timeLeft } from "../../lib/format.js";

/** @typedef {import("../engine/file-upload.js").FileUpload} FileUpload */
/** @typedef {import("./speed.js").Speed} Speed */
/** @typedef {import("./totals.js").Phase} Phase */
/** @typedef {import("./totals.js").Totals} Totals */
/** @typedef {Pick<FileUpload, "state" | "size" | "sentBytes" | "resentBytes" | "isInFlight" | "isSlow">} DisplayedFile */

/**
 * `29 % · 412 MB of 1.4 GB · 23 MB/s · 2 min left`
 *
 * @param {{sentBytes: number, bytes: number, resentBytes?: number, speed?: Speed | null}} progress
 */
export function progressText({ sentBytes, bytes, resentBytes = 0, speed = null }) {
  const texts = [`${percent(sentBytes, bytes)} %`, `${size(sentBytes)} of ${size(bytes)}`];
  if (resentBytes > 0) texts.push(`${size(resentBytes)} was cut off and is being sent again`);
  const bytesPerSecond = sentBytes < bytes ? speed?.rate() : null;
  if (bytesPerSecond) texts.push(rate(bytesPerSecond), timeLeft((bytes - sentBytes) / bytesPerSecond));
  return texts.join(" · ");
}

/**
 * Explains a progress bar that goes back.
 *
 * @param {number} bytes
 */
const cutOffText = (bytes) => (bytes > 0 ? ` · ${size(bytes)} was cut off and has to be sent again` : "");

/**
 * The text beside the name of a file.
 *
 * @param {DisplayedFile} file
 * @param {{reason: string, waiting: boolean, speed?: Speed | null}} context  `reason` of a failure; `waiting` for the network
 */
export function note(file, { reason, waiting, speed = null }) {
  const { sentBytes, resentBytes, size: bytes } = file;
  switch (file.state) {
    case "new":
      return `${size(bytes)} · preparing…`;
    case "uploading":
      return uploadingNote(file, { waiting, speed });
    case "pausing":
      return `pausing, what is on its way still arrives · ${progressText({ sentBytes, bytes, resentBytes })}`;
    case "paused":
      return `paused at ${percent(sentBytes, bytes)} % of ${size(bytes)}${cutOffText(resentBytes)}`;
    case "checking":
      return `${size(bytes)} · checking…`;
    case "ready":
      return `${size(bytes)} · ready`;
    case "failed":
      return reason;
    case "leaving":
      return "Will be removed in 10 s";
    default:
      return "canceled";
  }
}

/**
 * @param {DisplayedFile} file
 * @param {{waiting: boolean, speed: Speed | null}} context
 */
function uploadingNote({ sentBytes, resentBytes, size: bytes, isInFlight, isSlow }, { waiting, speed }) {
  if (waiting) return `${percent(sentBytes, bytes)} % · waiting for the network, will go on by itself`;
  if (isSlow) return `${progressText({ sentBytes, bytes, resentBytes })} · the storage is slow to answer`;
  if (sentBytes > 0 || resentBytes > 0) return progressText({ sentBytes, bytes, resentBytes, speed });
  return `${size(bytes)} · ${isInFlight ? "sending…" : "waiting"}`;
}

/**
 * The line above all files.
 *
 * @param {Totals} sums
 * @param {Phase} phase
 */
export function headline(sums, phase) {
  switch (phase) {
    case "done":
      return sums.count === 1 ? "Sent" : sums.count === 0 ? "Nothing left in this share" : `All ${sums.count} files sent`;
    case "failed":
      return `${files(sums.states.failed)} couldn't be uploaded`;
    case "pausing":
      return "Pausing…";
    case "paused":
      return "Paused";
    case "offline":
      return "Waiting for the network, will go on by itself";
    default:
      return uploadingHeadline(sums);
  }
}

/** @param {Totals} sums */
function uploadingHeadline({ open, count, states }) {
  if (states.new === open && states.ready === 0) return `Preparing ${files(count)}`;
  if (states.checking === open) return `Checking, ${states.ready} of ${files(count)} ready`;
  return states.ready > 0 ? `Sending, ${states.ready} of ${count} files ready` : `Sending ${files(count)}`;
}

/**
 * The prefix of the page's title, for someone who is in another tab; "" when there is none.
 *
 * @param {Totals} sums
 * @param {Phase} phase
 */
export function titlePrefix(sums, phase) {
  const percentage = `${percent(sums.sentBytes, sums.bytes)} %`;
  switch (phase) {
    case "uploading":
      return percentage;
    case "offline":
      return `${percentage}, waiting`;
    case "pausing":
      return `${percentage}, pausing`;
    case "paused":
      return `${percentage}, paused`;
    case "failed":
      return "Not all sent";
    case "done":
      return "Sent";
    default:
      return "";
  }
}
