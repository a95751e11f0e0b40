/** Numbers and states as people say them. */

const UNITS = ["bytes", "kB", "MB", "GB", "TB"];

/** `1.4 GB`, in powers of 1000 as disks and other pages count. */
export function size(bytes) {
  let unit = 0;
  let value = bytes;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  if (unit === 0) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

/** `23 MB/s` */
export const rate = (bytesPerSecond) => `${size(Math.round(bytesPerSecond))}/s`;

/** `4 min left`; coarse on purpose, so that it does not flicker. */
export function timeLeft(seconds) {
  if (seconds < 3) return "a moment left";
  if (seconds < 55) return `${Math.max(5, Math.ceil(seconds / 5) * 5)} s left`;
  if (seconds < 55 * 60) return `${Math.max(1, Math.round(seconds / 60))} min left`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h left`;
  return `${Math.round(seconds / 86400)} days left`;
}

export const percent = (part, whole) => (whole > 0 ? Math.floor((part / whole) * 100) : 100);

export const files = (count) => (count === 1 ? "1 file" : `${count} files`);

/** What stands beside a file's name. `line` is true while the network is being waited for. */
export function note(file, { reason, waiting }) {
  switch (file.state) {
    case "new":
      return "preparing…";
    case "uploading":
      if (waiting) return `${percent(file.sent, file.size)} % · waiting for the network, will go on by itself`;
      return file.sent > 0 ? `${percent(file.sent, file.size)} % of ${size(file.size)}` : "waiting its turn";
    case "paused":
      return `paused at ${percent(file.sent, file.size)} %`;
    case "checking":
      return "checking…";
    case "ready":
      return `${size(file.size)} · ready`;
    case "failed":
      return reason;
    default:
      return "canceled";
  }
}
