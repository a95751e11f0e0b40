/** The page's icon as a ring that fills, with a sign for the phase: visible among the tabs. */

/** @typedef {import("./totals.js").Phase} Phase */
/** @typedef {Exclude<Phase, "idle">} ActivePhase */

const BLUE = "#3d4fe0";
const RED = "#b3261e";
const LENGTH = 2 * Math.PI * 11;
const PAUSE = "M13.5 12v8m5-8v8";
/** More steps cannot be seen. */
const STEPS = 50;
/** @type {Record<ActivePhase, string>} */
const SIGNS = {
  uploading: "M16 21V11m-4.5 4.5L16 11l4.5 4.5",
  offline: "M16 11v5.5l3.5 2",
  pausing: PAUSE,
  paused: PAUSE,
  done: "m11 16.5 3.5 3.5 7-8",
  failed: "M16 10.5v7m0 4v.1",
};

/**
 * The icon as SVG.
 *
 * @param {ActivePhase} phase
 * @param {number} progress  0 to 1
 */
export function drawIcon(phase, progress) {
  const filled = Math.round(Math.min(1, Math.max(0, progress)) * STEPS) / STEPS;
  /**
   * @param {string} color
   * @param {string} length
   */
  const ring = (color, length) =>
    `<circle cx="16" cy="16" r="11" fill="none" stroke="${color}" stroke-width="3" stroke-dasharray="${length} 99" transform="rotate(-90 16 16)"/>`;
  return [
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">',
    `<rect width="32" height="32" rx="8" fill="${phase === "failed" ? RED : BLUE}"/>`,
    ring("#ffffff55", LENGTH.toFixed(1)),
    filled > 0 ? ring("#fff", (filled * LENGTH).toFixed(1)) : "",
    `<path d="${SIGNS[phase]}" fill="none" stroke="#fff" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round"/>`,
    "</svg>",
  ].join("");
}

export class Favicon {
  #link;
  #pageIcon;
  #currentSvg = "";

  /** @param {{href: string} | null} link  the `<link rel="icon">` of the page */
  constructor(link) {
    this.#link = link;
    this.#pageIcon = link?.href ?? "";
  }

  /**
   * Displays the phase and the progress, or the page's own icon when it is idle.
   *
   * @param {Phase} phase
   * @param {number} progress  0 to 1
   */
  update(phase, progress) {
    const svg = phase === "idle" ? "" : drawIcon(phase, progress);
    if (!this.#link || svg === this.#currentSvg) return;
    this.#currentSvg = svg;
    this.#link.href = svg ? `data:image/svg+xml,${encodeURIComponent(svg)}` : this.#pageIcon;
  }
}
