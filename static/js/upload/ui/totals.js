/** All files taken together: counts, bytes, and the one word for the state of the whole. */
import { worthRetrying } from "../net/errors.js";

const COUNTS = { ready: "ready", failed: "failed", leaving: "leaving", paused: "paused", pausing: "pausing", new: "fresh", checking: "checking" };
const CLOSED = new Set(["ready", "failed"]);
const GONE = new Set(["leaving", "canceled"]);

/** What a person may try again. */
const retryable = ({ state, error }) => state === "failed" && worthRetrying(error);

export function totals(files) {
  const sums = { count: 0, bytes: 0, sent: 0, resent: 0, open: 0, retryable: 0 };
  for (const count of Object.values(COUNTS)) sums[count] = 0;
  for (const file of files) {
    if (COUNTS[file.state]) sums[COUNTS[file.state]] += 1;
    if (GONE.has(file.state)) continue;
    sums.count += 1;
    sums.bytes += file.size;
    sums.sent += file.sent;
    sums.resent += file.resent ?? 0;
    if (!CLOSED.has(file.state)) sums.open += 1;
    else if (retryable(file)) sums.retryable += 1;
  }
  return sums;
}

/** idle | sending | pausing | paused | offline | failed | done */
export function mood(sums, { waiting, isPaused }) {
  if (sums.count === 0) return sums.leaving > 0 ? "done" : "idle";
  if (sums.open === 0) return sums.failed > 0 ? "failed" : "done";
  if (isPaused || sums.paused + sums.pausing === sums.open) return sums.pausing > 0 ? "pausing" : "paused";
  return waiting ? "offline" : "sending";
}
