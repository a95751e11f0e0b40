/** How a file is cut into parts, and how lists are cut into batches. Pure arithmetic. */

/** One part of one file, from first byte sent to last. `state`: waiting, taken (read, signed or sent), doubted, stored. */
export class Part {
  constructor(number, start, end) {
    this.number = number;
    this.start = start;
    this.end = end;
    this.state = "waiting";
    this.sent = 0;
    this.digest = null;
    this.checksum = null;
    this.signedUrl = null;
    this.outage = null;
  }

  get size() {
    return this.end - this.start;
  }
}

/** The parts of `size` bytes in pieces of `partSize`; numbers start at 1. An empty file has none. */
export function partsOf(size, partSize) {
  if (!(partSize > 0)) throw new RangeError("part size must be positive");
  const parts = [];
  for (let start = 0; start < size; start += partSize) {
    parts.push(new Part(parts.length + 1, start, Math.min(size, start + partSize)));
  }
  return parts;
}

export function* batches(items, maxItems) {
  for (let from = 0; from < items.length; from += maxItems) yield items.slice(from, from + maxItems);
}
