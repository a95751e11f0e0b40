/** Every <time data-style> in the reader's own time zone, and counting down where it says how long is left. */
/** Seconds in a unit, its word, its plural, and below how many of it it is used; as in shares/formats.py. */
const SPANS = [[1, "s", "s", 60], [60, "min", "min", 60], [3600, "hour", "hours", 48], [86400, "day", "days", Infinity]];

export function span(seconds) {
  const count = (unit) => Math.floor(Math.max(0, seconds) / unit + 0.5);
  const [unit, singular, plural] = SPANS.find(([size, , , most]) => count(size) < most);
  return `${count(unit)} ${count(unit) === 1 ? singular : plural}`;
}

export function dateTime(date, now = new Date()) {
  const part = (options) => date.toLocaleString("en-GB", options);
  const year = date.getFullYear() === now.getFullYear() ? "" : ` ${date.getFullYear()}`;
  const clock = part({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return `${part({ weekday: "short" })} ${date.getDate()} ${part({ month: "short" })}${year}, ${clock}`;
}

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
