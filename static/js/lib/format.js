/** Sizes, rates, times and counts as text. */

const UNITS = ["bytes", "kB", "MB", "GB", "TB", "PB"];

/**
 * `1.4 GB`, in powers of 1000 as disks and other pages count, and as the server writes it (shares/formats.py).
 *
 * @param {number} bytes
 */
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

/**
 * `23 MB/s`
 *
 * @param {number} bytesPerSecond
 */
export const rate = (bytesPerSecond) => `${size(Math.round(bytesPerSecond))}/s`;

/**
 * `4 min left`; coarse on purpose, so that it does not flicker.
 *
 * @param {number} seconds
 */
export function timeLeft(seconds) {
  if (seconds < 3) return "a moment left";
  if (seconds < 55) return `${Math.max(5, Math.ceil(seconds / 5) * 5)} s left`;
  if (seconds < 55 * 60) return `${Math.max(1, Math.round(seconds / 60))} min left`;
  if (seconds < 1.5 * 3600) return "1 hour left";
  if (seconds < 47.5 * 3600) return `${Math.round(seconds / 3600)} hours left`;
  return `${Math.round(seconds / 86400)} days left`;
}

/**
 * @param {number} part
 * @param {number} total
 */
export const percent = (part, total) => (total > 0 ? Math.floor((part / total) * 100) : 100);

/** @param {number} count */
export const files = (count) => (count === 1 ? "1 file" : `${count} files`);
