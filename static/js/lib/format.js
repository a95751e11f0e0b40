/** Sizes, rates, times and counts as text, in the language of the page. */
import { formatNumber, gettext, interpolate, ngettext } from "./i18n.js";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte", "petabyte"];

/**
 * `1.4 GB`, in powers of 1000 as disks and other pages count, and as the server writes it (shares/formats.py).
 *
 * @param {number} bytes
 */
export function size(bytes) {
  let index = 0;
  let value = bytes;
  while (value >= 999.5 && index < UNITS.length - 1) {
    value /= 1000;
    index += 1;
  }
  const rounded = value < 99.95 ? Number(value.toFixed(1)) : Math.round(value);
  return formatNumber(rounded, { style: "unit", unit: UNITS[index], unitDisplay: index === 0 ? "long" : "short" });
}

/**
 * `23 MB/s`
 *
 * @param {number} bytesPerSecond
 */
export const rate = (bytesPerSecond) => interpolate(gettext("%(size)s/s"), { size: size(Math.round(bytesPerSecond)) });

/**
 * `4 min left`; coarse on purpose, so that it does not flicker.
 *
 * @param {number} seconds
 */
export function timeLeft(seconds) {
  if (seconds < 3) return gettext("a moment left");
  if (seconds < 55) {
    const count = Math.max(5, Math.ceil(seconds / 5) * 5);
    return interpolate(ngettext("%(count)s s left", "%(count)s s left", count), { count });
  }
  if (seconds < 55 * 60) {
    const count = Math.max(1, Math.round(seconds / 60));
    return interpolate(ngettext("%(count)s min left", "%(count)s min left", count), { count });
  }
  if (seconds < 47.5 * 3600) {
    const count = Math.max(1, Math.round(seconds / 3600));
    return interpolate(ngettext("%(count)s hour left", "%(count)s hours left", count), { count });
  }
  const count = Math.round(seconds / 86400);
  return interpolate(ngettext("%(count)s day left", "%(count)s days left", count), { count });
}

/**
 * @param {number} part
 * @param {number} total
 */
export const percent = (part, total) => (total > 0 ? Math.floor((part / total) * 100) : 100);

/** @param {number} count */
export const files = (count) => interpolate(ngettext("%(count)s file", "%(count)s files", count), { count });
