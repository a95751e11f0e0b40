/** How a file is divided into parts, and a list into batches. */

/** @typedef {import("../hashing/digest.js").Digest} Digest */
/** @typedef {import("../net/retry.js").Outage} Outage */
/** @typedef {import("./signer.js").SignedUrl} SignedUrl */

/**
 * `active`: read, signed or sent. `unverified`: the storage has it, but it has not been compared with the file on the disk.
 *
 * @typedef {"waiting" | "active" | "unverified" | "stored"} PartState
 */

/** One part of a file, from its first byte to its storage. */
export class Part {
  /** @type {PartState} */
  state = "waiting";
  sentBytes = 0;
  /** @type {Digest | null} */
  digest = null;
  /** @type {string | null} the SHA-256 that the storage has, in base64 */
  checksum = null;
  /** @type {SignedUrl | null} */
  signedUrl = null;
  /** @type {Outage | null} */
  outage = null;

  /**
   * @param {number} number  from 1
   * @param {number} start
   * @param {number} end
   */
  constructor(number, start, end) {
    this.number = number;
    this.start = start;
    this.end = end;
  }

  get size() {
    return this.end - this.start;
  }
}

/**
 * The parts of `size` bytes. An empty file has none.
 *
 * @param {number} size
 * @param {number} partSize
 */
export function partsOf(size, partSize) {
  if (!(partSize > 0)) throw new RangeError("part size must be positive");
  const parts = [];
  for (let start = 0; start < size; start += partSize) {
    parts.push(new Part(parts.length + 1, start, Math.min(size, start + partSize)));
  }
  return parts;
}

/**
 * @template Item
 * @param {Item[]} items
 * @param {number} maxItems
 */
export function* batches(items, maxItems) {
  for (let start = 0; start < items.length; start += maxItems) yield items.slice(start, start + maxItems);
}
