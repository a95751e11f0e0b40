/** The totals of all files, and the phase that follows from them. */
import { worthRetrying } from "../net/errors.js";

/** @typedef {import("../engine/file-state.js").FileState} FileState */
/** @typedef {import("../engine/file-upload.js").FileUpload} FileUpload */
/** @typedef {"idle" | "uploading" | "pausing" | "paused" | "offline" | "failed" | "done"} Phase */

/**
 * @typedef {object} Totals
 * @property {number} count
 * @property {number} bytes
 * @property {number} sentBytes
 * @property {number} resentBytes
 * @property {number} open  files that are neither ready nor failed
 * @property {number} retryable
 * @property {Record<FileState, number>} states  how many files are in each state
 */

const CLOSED = new Set(["ready", "failed"]);
const UNCOUNTED = new Set(["leaving", "canceled"]);

/**
 * @param {Iterable<Pick<FileUpload, "state" | "size" | "sentBytes" | "resentBytes" | "error">>} files
 * @returns {Totals}
 */
export function totals(files) {
  const sums = { count: 0, bytes: 0, sentBytes: 0, resentBytes: 0, open: 0, retryable: 0, states: noFiles() };
  for (const file of files) {
    sums.states[file.state] += 1;
    if (UNCOUNTED.has(file.state)) continue;
    sums.count += 1;
    sums.bytes += file.size;
    sums.sentBytes += file.sentBytes;
    sums.resentBytes += file.resentBytes;
    if (!CLOSED.has(file.state)) sums.open += 1;
    else if (file.state === "failed" && worthRetrying(file.error)) sums.retryable += 1;
  }
  return sums;
}

/** @returns {Record<FileState, number>} */
function noFiles() {
  return { new: 0, uploading: 0, pausing: 0, paused: 0, checking: 0, ready: 0, failed: 0, leaving: 0, canceled: 0 };
}

/**
 * @param {Totals} sums
 * @param {{waiting: boolean, isPaused: boolean}} transfer
 * @returns {Phase}
 */
export function phaseOf(sums, { waiting, isPaused }) {
  const { failed, leaving, paused, pausing } = sums.states;
  if (sums.count === 0) return leaving > 0 ? "done" : "idle";
  if (sums.open === 0) return failed > 0 ? "failed" : "done";
  if (isPaused || paused + pausing === sums.open) return pausing > 0 ? "pausing" : "paused";
  return waiting ? "offline" : "uploading";
}
