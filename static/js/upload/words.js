/** Numbers and states as people say them. */

const UNITS = ["bytes", "kB", "MB", "GB", "TB", "PB"];

/** `1.4 GB`, in powers of 1000 as disks and other pages count, and as the server writes it (shares/formats.py). */
export function size(bytes) {
  let unit = 0;
  let value = bytes;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  if (unit === 0) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  return `${value < 99.95 ? value.toFixed(1).replace(".0", "") : Math.round(value)} ${UNITS[unit]}`;
}

/** `23 MB/s` */
export const rate = (bytesPerSecond) => `${size(Math.round(bytesPerSecond))}/s`;

/** `4 min left`; coarse on purpose, so that it does not flicker. */
export function timeLeft(seconds) {
  if (seconds < 3) return "a moment left";
  if (seconds < 55) return `${Math.max(5, Math.ceil(seconds / 5) * 5)} s left`;
  if (seconds < 55 * 60) return `${Math.max(1, Math.round(seconds / 60))} min left`;
  if (seconds < 1.5 * 3600) return "1 hour left";
  if (seconds < 47.5 * 3600) return `${Math.round(seconds / 3600)} hours left`;
  return `${Math.round(seconds / 86400)} days left`;
}

export const percent = (part, whole) => (whole > 0 ? Math.floor((part / whole) * 100) : 100);

export const files = (count) => (count === 1 ? "1 file" : `${count} files`);

/** How much of how much, how fast and how long still: `29 % · 412 MB of 1.4 GB · 23 MB/s · 2 min left`. */
export function progress({ sent, bytes, speed = null }) {
  const told = [`${percent(sent, bytes)} %`, `${size(sent)} of ${size(bytes)}`];
  const perSecond = sent < bytes ? speed?.rate() : null;
  if (perSecond) told.push(rate(perSecond), timeLeft(speed.secondsFor(bytes - sent)));
  return told.join(" · ");
}

/** What stands beside a file's name. `waiting` is true while the network is being waited for. */
export function note(file, { reason, waiting, speed = null }) {
  const { sent, size: bytes } = file;
  switch (file.state) {
    case "new":
      return `${size(bytes)} · preparing…`;
    case "uploading":
      if (waiting) return `${percent(sent, bytes)} % · waiting for the network, will go on by itself`;
      return sent > 0 ? progress({ sent, bytes, speed }) : `${size(bytes)} · waiting its turn`;
    case "paused":
      return `paused at ${percent(sent, bytes)} % of ${size(bytes)}`;
    case "checking":
      return `${size(bytes)} · checking…`;
    case "ready":
      return `${size(bytes)} · ready`;
    case "failed":
      return reason;
    default:
      return "canceled";
  }
}

/** The one line over everything: what is happening, or how it ended. */
export function headline(sums, mood) {
  switch (mood) {
    case "done":
      return sums.count === 1 ? "Sent" : `All ${sums.count} files sent`;
    case "failed":
      return `${files(sums.failed)} could not be sent`;
    case "paused":
      return "Paused";
    case "offline":
      return "Waiting for the network, will go on by itself";
    default:
      if (sums.fresh === sums.open && sums.ready === 0) return `Preparing ${files(sums.count)}`;
      if (sums.checking === sums.open) return `Checking, ${sums.ready} of ${files(sums.count)} ready`;
      return sums.ready > 0 ? `Sending, ${sums.ready} of ${sums.count} files ready` : `Sending ${files(sums.count)}`;
  }
}

/** Before the page's own title, for who is in another tab. */
export function title(sums, mood) {
  const done = `${percent(sums.sent, sums.bytes)} %`;
  return { sending: done, offline: `${done}, waiting`, paused: `${done}, paused`, failed: "Not all sent", done: "Sent" }[mood] ?? "";
}
