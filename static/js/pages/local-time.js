/** Displays every <time data-style> in the local time zone, and counts down where it displays a remaining time. */

/**
 * Each unit is used below `limit` of it; as in shares/formats.py.
 * @type {{seconds: number, singular: string, plural: string, limit: number}[]}
 */
const UNITS = [
  { seconds: 1, singular: "s", plural: "s", limit: 60 },
  { seconds: 60, singular: "min", plural: "min", limit: 60 },
  { seconds: 3600, singular: "hour", plural: "hours", limit: 48 },
  { seconds: 86400, singular: "day", plural: "days", limit: Infinity },
];

/** @param {number} duration  in seconds */
export function span(duration) {
  const countOf = (/** @type {{seconds: number}} */ { seconds }) => Math.floor(Math.max(0, duration) / seconds + 0.5);
  const unit = UNITS.find((candidate) => countOf(candidate) < candidate.limit) ?? UNITS[0];
  const count = countOf(unit);
  return `${count} ${count === 1 ? unit.singular : unit.plural}`;
}

/** @param {Date} date */
export function dateTime(date, now = new Date()) {
  const format = (/** @type {Intl.DateTimeFormatOptions} */ options) => date.toLocaleString("en-GB", options);
  const year = date.getFullYear() === now.getFullYear() ? "" : ` ${date.getFullYear()}`;
  const time = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return `${format({ weekday: "short" })} ${date.getDate()} ${format({ month: "short" })}${year}, ${time}`;
}

/**
 * @param {Date} date
 * @param {string} style
 */
function textOf(date, style) {
  const remaining = (date.getTime() - Date.now()) / 1000;
  if (style === "until" && remaining > 0) return `in ${span(remaining)} (${dateTime(date)})`;
  if (style === "left") return span(remaining);
  if (style === "ago") return remaining > -60 ? "just now" : `${span(-remaining)} ago`;
  return dateTime(date);
}

/** @param {HTMLTimeElement} element */
function render(element) {
  const date = new Date(element.dateTime);
  const { style = "" } = element.dataset;
  const text = textOf(date, style);
  if (element.textContent !== text) element.textContent = text;
  if (style !== "plain") element.title = dateTime(date);
}

export function refresh() {
  for (const element of document.querySelectorAll(/** @type {"time"} */ ("time[data-style]"))) render(element);
}

refresh();
setInterval(() => document.hidden || refresh(), 10_000);
