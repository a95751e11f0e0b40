/** Every <time data-style> in the reader's own time zone, and counting down where it says how long is left. */
import { dateTime, span } from "../lib/dates.js";

function render(element) {
  const date = new Date(element.dateTime);
  const left = (date - Date.now()) / 1000;
  const absolute = dateTime(date);
  const texts = {
    plain: absolute,
    until: left > 0 ? `in ${span(left)} (${absolute})` : absolute,
    left: span(left),
    ago: left > -60 ? "just now" : `${span(-left)} ago`,
  };
  const text = texts[element.dataset.style] ?? absolute;
  if (element.textContent !== text) element.textContent = text;
  if (element.dataset.style !== "plain") element.title = absolute;
}

export function refresh() {
  for (const element of document.querySelectorAll("time[data-style]")) render(element);
}

refresh();
setInterval(() => document.hidden || refresh(), 10_000);
