/** Spans and dates as text, as in shares/formats.py; dates in the time zone of the reader. */

/** Seconds in a unit, its word, its plural, and below how many of it it is used; as in shares/formats.py. */
const SPANS = [[1, "s", "s", 60], [60, "min", "min", 60], [3600, "hour", "hours", 48], [86400, "day", "days", Infinity]];

/** `4 min`, `2 days` */
export function span(seconds) {
  const count = (unit) => Math.floor(Math.max(0, seconds) / unit + 0.5);
  const [unit, one, many] = SPANS.find(([size, , , most]) => count(size) < most);
  return `${count(unit)} ${count(unit) === 1 ? one : many}`;
}

/** `Mon 3 Aug, 14:05`; with the year where it is not this one. */
export function dateTime(date, now = new Date()) {
  const part = (options) => date.toLocaleString("en-GB", options);
  const year = date.getFullYear() === now.getFullYear() ? "" : ` ${date.getFullYear()}`;
  const clock = part({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return `${part({ weekday: "short" })} ${date.getDate()} ${part({ month: "short" })}${year}, ${clock}`;
}
