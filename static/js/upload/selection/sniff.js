/** The type of a file by its first bytes, and whether it can be drawn as a thumbnail. */
import { parse } from "../../../vendor/file-type-mime/dist/index.js";
import { imageDimensionsFromData } from "../../../vendor/image-dimensions/index.js";

/** @typedef {{width: number, height: number}} Size */

/** Enough for the signature of every type, and for the size of a picture behind the metadata that cameras write. */
export const HEAD_BYTES = 256 * 1024;
/** Larger pictures are not worth the memory. */
const MAX_PIXELS = 50_000_000;
/** Nothing can be seen in a small version of a longer picture. */
const MAX_ASPECT_RATIO = 20;
/** Containers of more specific types, which only the name identifies. */
const CONTAINER_TYPES = new Set(["application/zip", "application/gzip", "application/x-cfb", "application/xml", "text/plain"]);
/** By their bytes, not by their name: never SVG, which can contain scripts. */
const DRAWABLE_TYPES = new Set(["image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"]);

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {string} claimedType  the browser's type, by the file's name
 */
export function sniff(bytes, claimedType) {
  const detectedType = parse(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))?.mime ?? "";
  const type = !detectedType || (claimedType && CONTAINER_TYPES.has(detectedType)) ? claimedType : detectedType;
  return { type, isDrawable: DRAWABLE_TYPES.has(detectedType), isVideo: type.startsWith("video/") };
}

/**
 * The size of a picture by its first bytes; null if it is unknown, or the picture is too large or too long.
 *
 * @param {Uint8Array} bytes
 * @returns {Size | null}
 */
export function drawableSize(bytes) {
  const { width, height } = imageDimensionsFromData(bytes) ?? { width: 0, height: 0 };
  if (!(width > 0 && height > 0) || width * height > MAX_PIXELS) return null;
  return Math.max(width, height) <= MAX_ASPECT_RATIO * Math.min(width, height) ? { width, height } : null;
}

/**
 * The size in whole pixels, at most `maxPixels` each way, never enlarged, in proportion.
 *
 * @param {Size} size
 * @param {number} maxPixels
 * @returns {Size}
 */
export function fitInto({ width, height }, maxPixels) {
  const scale = Math.min(1, maxPixels / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
