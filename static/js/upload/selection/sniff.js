/** What the first bytes of a file say it is, and what of it can be drawn small. Pure; the bytes are few. */
import { parse } from "file-type-mime";
import { imageDimensionsFromData } from "image-dimensions";

/** Enough for the marks of every type, and for the size of a picture behind the notes that cameras write. */
export const HEAD_BYTES = 256 * 1024;
/** A larger picture is not worth the memory. */
const MAX_PIXELS = 50_000_000;
/** Longer than so many times its width, a picture shows nothing when it is small. */
const MAX_ASPECT_RATIO = 20;
/** Said of bytes that hold something more particular, which the name tells better. */
const WRAPPERS = new Set(["application/zip", "application/gzip", "application/x-cfb", "application/xml", "text/plain"]);
/** By their bytes, not by their name: never SVG, which is a program more than a picture. */
const DRAWABLE_TYPES = new Set(["image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"]);

/** `claimedType` is what the browser made of the name. `isDrawable`: the bytes are of a picture that browsers can draw. */
export function sniff(bytes, claimedType) {
  const detectedType = parse(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))?.mime ?? "";
  const type = !detectedType || (claimedType && WRAPPERS.has(detectedType)) ? claimedType : detectedType;
  return { type, isDrawable: DRAWABLE_TYPES.has(detectedType), isVideo: type.startsWith("video/") };
}

/** Width and height by a picture's first bytes; null where it is too large or too long, or does not say. */
export function modest(bytes) {
  const { width, height } = imageDimensionsFromData(bytes) ?? { width: 0, height: 0 };
  if (!(width > 0 && height > 0) || width * height > MAX_PIXELS) return null;
  return Math.max(width, height) <= MAX_ASPECT_RATIO * Math.min(width, height) ? { width, height } : null;
}

/** `width` and `height` in whole pixels, at most `maxPixels` each, never enlarged, in proportion. */
export function fitted({ width, height }, maxPixels) {
  const scale = Math.min(1, maxPixels / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
