/** The state of a file, and of all files together, as text. */
import { files, percent, rate, size, timeLeft } from "../../lib/format.js";

/** How much of how much, how fast and how long still: `29 % · 412 MB of 1.4 GB · 23 MB/s · 2 min left`. */
export function progress({ sent, bytes, resent = 0, speed = null }) {
  const told = [`${percent(sent, bytes)} %`, `${size(sent)} of ${size(bytes)}`];
  if (resent > 0) told.push(`${size(resent)} was cut off and is being sent again`);
  const perSecond = sent < bytes ? speed?.rate() : null;
  if (perSecond) told.push(rate(perSecond), timeLeft(speed.secondsFor(bytes - sent)));
  return told.join(" · ");
}

/** The word for a bar that goes back. */
const cutOff = (bytes) => (bytes > 0 ? ` · ${size(bytes)} was cut off and has to be sent again` : "");

/** What stands beside a file's name. `waiting` is true while the network is being waited for. */
export function note(file, { reason, waiting, speed = null }) {
  const { sent, resent, size: bytes } = file;
  switch (file.state) {
    case "new":
      return `${size(bytes)} · preparing…`;
    case "uploading":
      return going(file, { waiting, speed });
    case "pausing":
      return `pausing, what is on its way still arrives · ${progress({ sent, bytes, resent })}`;
    case "paused":
      return `paused at ${percent(sent, bytes)} % of ${size(bytes)}${cutOff(resent)}`;
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

function going({ sent, resent, size: bytes, flying, slow }, { waiting, speed }) {
  if (waiting) return `${percent(sent, bytes)} % · waiting for the network, will go on by itself`;
  if (slow) return `${progress({ sent, bytes, resent })} · the storage is slow to answer`;
  if (sent > 0 || resent > 0) return progress({ sent, bytes, resent, speed });
  return `${size(bytes)} · ${flying ? "sending…" : "waiting"}`;
}

/** The one line over everything: what is happening, or how it ended. */
export function headline(sums, mood) {
  switch (mood) {
    case "done":
      return sums.count === 1 ? "Sent" : sums.count === 0 ? "Nothing left in this share" : `All ${sums.count} files sent`;
    case "failed":
      return `${files(sums.failed)} couldn't be uploaded`;
    case "pausing":
      return "Pausing…";
    case "paused":
      return "Paused";
    case "offline":
      return "Waiting for the network, will go on by itself";
    default:
      return sending(sums);
  }
}

function sending({ fresh, open, ready, checking, count }) {
  if (fresh === open && ready === 0) return `Preparing ${files(count)}`;
  if (checking === open) return `Checking, ${ready} of ${files(count)} ready`;
  return ready > 0 ? `Sending, ${ready} of ${count} files ready` : `Sending ${files(count)}`;
}

/** Before the page's own title, for who is in another tab. */
export function title(sums, mood) {
  const done = `${percent(sums.sent, sums.bytes)} %`;
  return { sending: done, offline: `${done}, waiting`, pausing: `${done}, pausing`, paused: `${done}, paused`, failed: "Not all sent", done: "Sent" }[mood] ?? "";
}
