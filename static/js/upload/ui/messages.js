/** The state of a file, and of all files together, as text. */
import { percent, rate, size, timeLeft } from "../../lib/format.js";
import { formatPercent, gettext, interpolate, ngettext } from "../../lib/i18n.js";

/** @typedef {import("../engine/file-upload.js").FileUpload} FileUpload */
/** @typedef {import("./speed.js").Speed} Speed */
/** @typedef {import("./totals.js").Phase} Phase */
/** @typedef {import("./totals.js").Totals} Totals */
/** @typedef {Pick<FileUpload, "state" | "size" | "sentBytes" | "resentBytes" | "isInFlight" | "isSlow">} DisplayedFile */

/**
 * Texts that are independent of one another, in one line.
 *
 * @param {string[]} texts
 */
const joinTexts = (...texts) => texts.filter(Boolean).join(" · ");

/**
 * @param {number} sentBytes
 * @param {number} bytes
 */
const percentText = (sentBytes, bytes) => formatPercent(percent(sentBytes, bytes));

/**
 * `29% · 412 MB of 1.4 GB · 23 MB/s · 2 min left`
 *
 * @param {{sentBytes: number, bytes: number, resentBytes?: number, speed?: Speed | null}} progress
 */
export function progressText({ sentBytes, bytes, resentBytes = 0, speed = null }) {
  const bytesPerSecond = sentBytes < bytes ? speed?.rate() : null;
  return joinTexts(
    percentText(sentBytes, bytes),
    interpolate(gettext("%(part)s of %(total)s"), { part: size(sentBytes), total: size(bytes) }),
    resentBytes > 0 ? interpolate(gettext("%(size)s was cut off and is being sent again"), { size: size(resentBytes) }) : "",
    bytesPerSecond ? rate(bytesPerSecond) : "",
    bytesPerSecond ? timeLeft((bytes - sentBytes) / bytesPerSecond) : "",
  );
}

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
      return joinTexts(size(bytes), gettext("Preparing…"));
    case "uploading":
      return uploadingNote(file, { waiting, speed });
    case "pausing":
      return joinTexts(gettext("Pausing after the current parts"), progressText({ sentBytes, bytes, resentBytes }));
    case "paused":
      return pausedNote(file);
    case "checking":
      return joinTexts(size(bytes), gettext("Verifying…"));
    case "ready":
      return joinTexts(size(bytes), gettext("Ready"));
    case "failed":
      return reason;
    case "leaving":
      return gettext("Will be removed in 10 seconds");
    default:
      return gettext("Canceled");
  }
}

/**
 * @param {DisplayedFile} file
 * @param {{waiting: boolean, speed: Speed | null}} context
 */
function uploadingNote({ sentBytes, resentBytes, size: bytes, isInFlight, isSlow }, { waiting, speed }) {
  if (waiting) return joinTexts(percentText(sentBytes, bytes), gettext("Offline. Resumes automatically."));
  if (isSlow) return joinTexts(progressText({ sentBytes, bytes, resentBytes }), gettext("The file storage is slow to respond"));
  if (sentBytes > 0 || resentBytes > 0) return progressText({ sentBytes, bytes, resentBytes, speed });
  return joinTexts(size(bytes), isInFlight ? gettext("Uploading…") : gettext("Waiting"));
}

/** @param {DisplayedFile} file */
function pausedNote({ sentBytes, resentBytes, size: bytes }) {
  const values = { percent: percentText(sentBytes, bytes), size: size(bytes) };
  return joinTexts(
    interpolate(gettext("Paused at %(percent)s of %(size)s"), values),
    // Explains a progress bar that goes back.
    resentBytes > 0 ? interpolate(gettext("%(size)s was cut off and has to be sent again"), { size: size(resentBytes) }) : "",
  );
}

/**
 * The line above all files.
 *
 * @param {Totals} sums
 * @param {Phase} phase
 */
export function headline(sums, phase) {
  const { failed } = sums.states;
  switch (phase) {
    case "idle":
      return "";
    case "done":
      return doneHeadline(sums.count);
    case "failed":
      return interpolate(ngettext("%(failed)s file couldn't be uploaded", "%(failed)s files couldn't be uploaded", failed), { failed });
    case "pausing":
      return gettext("Pausing…");
    case "paused":
      return gettext("Paused");
    case "offline":
      return gettext("Offline. Uploads resume automatically.");
    default:
      return uploadingHeadline(sums);
  }
}

/** @param {number} count */
function doneHeadline(count) {
  if (count === 0) return gettext("This share has no files anymore");
  return interpolate(ngettext("%(count)s file uploaded", "All %(count)s files uploaded", count), { count });
}

/** @param {Totals} sums */
function uploadingHeadline({ open, count, states }) {
  const { ready } = states;
  if (states.checking === open) return gettext("Verifying…");
  if (ready > 0) {
    const text = ngettext("Uploading, %(ready)s of %(count)s file ready", "Uploading, %(ready)s of %(count)s files ready", count);
    return interpolate(text, { ready, count });
  }
  if (states.new === open) return interpolate(ngettext("Preparing %(count)s file", "Preparing %(count)s files", count), { count });
  return interpolate(ngettext("Uploading %(count)s file", "Uploading %(count)s files", count), { count });
}

/**
 * What screen readers announce.
 *
 * @param {Totals} sums
 * @param {Phase} phase
 */
export const announcement = (sums, phase) => joinTexts(headline(sums, phase), percentText(sums.sentBytes, sums.bytes));

/**
 * The prefix of the page's title, for someone who is in another tab; "" when there is none.
 *
 * @param {Totals} sums
 * @param {Phase} phase
 */
export function titlePrefix(sums, phase) {
  const values = { percent: percentText(sums.sentBytes, sums.bytes) };
  switch (phase) {
    case "uploading":
      return values.percent;
    case "offline":
      return interpolate(gettext("%(percent)s, offline"), values);
    case "pausing":
      return interpolate(gettext("%(percent)s, pausing"), values);
    case "paused":
      return interpolate(gettext("%(percent)s, paused"), values);
    case "failed":
      return gettext("Upload failed");
    case "done":
      return gettext("Uploaded");
    default:
      return "";
  }
}
