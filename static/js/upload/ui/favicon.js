/** The page's icon as a ring that fills, with a sign for how it stands: visible in a row of tabs. */

const BLUE = "#3d4fe0";
const RED = "#b3261e";
const LENGTH = 2 * Math.PI * 11;
const PAUSE = "M13.5 12v8m5-8v8";
const SIGNS = {
  sending: "M16 21V11m-4.5 4.5L16 11l4.5 4.5",
  offline: "M16 11v5.5l3.5 2",
  pausing: PAUSE,
  paused: PAUSE,
  done: "m11 16.5 3.5 3.5 7-8",
  failed: "M16 10.5v7m0 4v.1",
};

/** The drawing itself; `part` is 0 to 1. Plain numbers and our own paths only. */
export function drawing(mood, part) {
  const full = Math.round(Math.min(1, Math.max(0, part)) * 50) / 50; // steps that an eye can tell apart
  const ring = (color, length) =>
    `<circle cx="16" cy="16" r="11" fill="none" stroke="${color}" stroke-width="3" stroke-dasharray="${length} 99" transform="rotate(-90 16 16)"/>`;
  return [
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">',
    `<rect width="32" height="32" rx="8" fill="${mood === "failed" ? RED : BLUE}"/>`,
    ring("#ffffff55", LENGTH.toFixed(1)),
    full > 0 ? ring("#fff", (full * LENGTH).toFixed(1)) : "",
    `<path d="${SIGNS[mood]}" fill="none" stroke="#fff" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round"/>`,
    "</svg>",
  ].join("");
}

export class Favicon {
  #link;
  #own;
  #shown = "";

  /** `link` is the page's `<link rel="icon">`. */
  constructor(link) {
    this.#link = link;
    this.#own = link?.href;
  }

  /** Draw how it stands, or give the page its own icon back when it is `idle`. */
  show(mood, part) {
    const wanted = mood in SIGNS ? drawing(mood, part) : "";
    if (!this.#link || wanted === this.#shown) return;
    this.#shown = wanted;
    this.#link.href = wanted ? `data:image/svg+xml,${encodeURIComponent(wanted)}` : this.#own;
  }
}
