/** Displays every <time data-style> in the local time zone, and counts down where it displays a remaining time. */
import { gettext } from "../lib/i18n.js";
import { dateTime, relativeTime, span } from "../lib/time.js";

/**
 * @param {Date} date
 * @param {string} style
 */
function textOf(date, style) {
  const remaining = (date.getTime() - Date.now()) / 1000;
  if (style === "until" && remaining > 0) return relativeTime("until", remaining, dateTime(date));
  if (style === "left") return span(remaining);
  if (style === "ago") return remaining > -60 ? gettext("just now") : relativeTime("ago", -remaining);
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
