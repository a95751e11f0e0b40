/** Durations and dates as text, in the local time zone: the one way in which scripts write them. */
import { formatDate, gettext, interpolate, ngettext } from "./i18n.js";

/** Each unit is used below `limit` of it; as in shares/formats.py. The texts are templates for a count, and for a date. */
const UNITS = [
  {
    seconds: 1,
    limit: 60,
    duration: (/** @type {number} */ count) => ngettext("%(count)s s", "%(count)s s", count),
    until: (/** @type {number} */ count) => ngettext("in %(count)s s (%(date)s)", "in %(count)s s (%(date)s)", count),
    ago: (/** @type {number} */ count) => ngettext("%(count)s s ago", "%(count)s s ago", count),
  },
  {
    seconds: 60,
    limit: 60,
    duration: (/** @type {number} */ count) => ngettext("%(count)s min", "%(count)s min", count),
    until: (/** @type {number} */ count) => ngettext("in %(count)s min (%(date)s)", "in %(count)s min (%(date)s)", count),
    ago: (/** @type {number} */ count) => ngettext("%(count)s min ago", "%(count)s min ago", count),
  },
  {
    seconds: 3600,
    limit: 48,
    duration: (/** @type {number} */ count) => ngettext("%(count)s hour", "%(count)s hours", count),
    until: (/** @type {number} */ count) => ngettext("in %(count)s hour (%(date)s)", "in %(count)s hours (%(date)s)", count),
    ago: (/** @type {number} */ count) => ngettext("%(count)s hour ago", "%(count)s hours ago", count),
  },
  {
    seconds: 86400,
    limit: Infinity,
    duration: (/** @type {number} */ count) => ngettext("%(count)s day", "%(count)s days", count),
    until: (/** @type {number} */ count) => ngettext("in %(count)s day (%(date)s)", "in %(count)s days (%(date)s)", count),
    ago: (/** @type {number} */ count) => ngettext("%(count)s day ago", "%(count)s days ago", count),
  },
];

/**
 * @param {"duration" | "until" | "ago"} style
 * @param {number} seconds
 */
export function relativeTime(style, seconds, date = "") {
  const countOf = (/** @type {{seconds: number}} */ unit) => Math.floor(Math.max(0, seconds) / unit.seconds + 0.5);
  const unit = UNITS.find((candidate) => countOf(candidate) < candidate.limit) ?? UNITS[0];
  const count = countOf(unit);
  return interpolate(unit[style](count), { count, date });
}

/** @param {number} seconds */
export const span = (seconds) => relativeTime("duration", seconds);

/** @param {Date} date */
export function dateTime(date, now = new Date()) {
  const text =
    date.getFullYear() === now.getFullYear()
      ? gettext("%(weekday)s %(day)s %(month)s, %(time)s")
      : gettext("%(weekday)s %(day)s %(month)s %(year)s, %(time)s");
  return interpolate(text, {
    weekday: formatDate(date, { weekday: "short" }),
    day: date.getDate(),
    month: formatDate(date, { month: "short" }),
    year: date.getFullYear(),
    time: formatDate(date, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
  });
}
