/** Requests a signed URL of a file, and reads the file from there. */

import { gettext } from "../lib/i18n.js";

/** @typedef {{kind: "image" | "video" | "audio" | "pdf" | "text" | "markdown", url: string}} PreviewLink */
/**
 * What the module of a kind needs to display a file; `renewLink` is for a URL that has expired, `stage` is where it is
 * displayed.
 * @typedef {{name: string, signal: AbortSignal, stage: HTMLElement, renewLink: () => Promise<PreviewLink>}} PreviewTools
 * @typedef {PreviewLink & PreviewTools} PreviewRequest
 */
/** @typedef {{element: HTMLElement, note?: string, end?: () => void}} Preview */

/** A refusal of the site or the storage, with a message for people. */
export class RefusalError extends Error {}

/**
 * Uses one download, or none with a grant: the same operation as the button's own form.
 *
 * @param {HTMLButtonElement} button
 * @param {AbortSignal} signal
 * @returns {Promise<PreviewLink>}
 */
export async function requestLink(button, signal) {
  const form = /** @type {HTMLFormElement} */ (button.form);
  const { value: csrfmiddlewaretoken } = /** @type {HTMLInputElement} */ (form.elements.namedItem("csrfmiddlewaretoken"));
  const body = new URLSearchParams({ csrfmiddlewaretoken });
  const headers = { Accept: "application/json" };
  const response = await fetch(button.getAttribute("formaction") ?? "", { method: "POST", body, headers, signal });
  const data = await response.json().catch(() => ({}));
  if (response.ok) return data;
  throw new RefusalError(data.message ?? gettext("The site isn't responding. Try again in a moment."));
}

/**
 * The bytes at `url`, at most `maxBytes` of them.
 *
 * @param {string} url
 * @param {number} maxBytes
 * @param {AbortSignal} signal
 */
export async function readBytes(url, maxBytes, signal) {
  const response = await fetch(url, { signal, cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer" });
  if (!response.ok || !response.body) throw new RefusalError(gettext("The storage isn't responding. Try again in a moment."));
  const reader = response.body.getReader();
  /** @type {Uint8Array[]} */
  const chunks = [];
  let length = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return { bytes: joinChunks(chunks, length), isComplete: true };
    chunks.push(value);
    length += value.length;
    if (length > maxBytes) {
      void reader.cancel();
      return { bytes: joinChunks(chunks, length).subarray(0, maxBytes), isComplete: false };
    }
  }
}

/**
 * @param {Uint8Array[]} chunks
 * @param {number} length
 */
function joinChunks(chunks, length) {
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
