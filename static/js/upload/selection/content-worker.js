/** Inspects files in a thread of its own: their types by the first bytes, and thumbnails of those that can be drawn. */
import { HEAD_BYTES, drawableSize, fitInto, sniff } from "./sniff.js";

/** @typedef {import("./inspection.js").Inspection} Inspection */
/** @typedef {import("./inspection.js").InspectionRequest} InspectionRequest */
/** @typedef {import("./inspection.js").Thumbnail} Thumbnail */
/** @typedef {import("./sniff.js").Size} Size */

const worker = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const MAX_PIXELS = 320;
const MAX_BYTES = 40_000;
const MAX_FILE_BYTES = 64 * 1024 * 1024;
const QUALITIES = [0.75, 0.5, 0.3, 0.1];

/**
 * @param {File} file
 * @param {string} claimedType
 * @returns {Promise<Inspection>}
 */
async function inspect(file, claimedType) {
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  const { type, isDrawable, isVideo } = sniff(head, claimedType);
  const size = isDrawable && file.size <= MAX_FILE_BYTES ? drawableSize(head) : null;
  return { type, isVideo, thumbnail: size && (await decode(file, size).then(draw, () => null)) };
}

/**
 * Decodes a large picture in a smaller size: by its width alone, because cameras store rotated pictures.
 *
 * @param {File} file
 * @param {Size} size
 */
function decode(file, { width, height }) {
  const isLarge = Math.min(width, height) > 2 * MAX_PIXELS;
  return createImageBitmap(file, isLarge ? { resizeWidth: 2 * MAX_PIXELS, resizeQuality: "medium" } : {});
}

/**
 * @param {ImageBitmap} bitmap
 * @returns {Promise<Thumbnail | null>}
 */
async function draw(bitmap) {
  const { width, height } = fitInto(bitmap, MAX_PIXELS);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { alpha: false });
  if (context === null) return null;
  context.fillStyle = "white"; // behind transparent pictures
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  const blob = await encode(canvas);
  return blob && { blob, width, height };
}

/**
 * WebP where the browser can write it, otherwise JPEG, in the best quality that is small enough.
 *
 * @param {OffscreenCanvas} canvas
 */
async function encode(canvas) {
  for (const quality of QUALITIES) {
    let blob = await canvas.convertToBlob({ type: "image/webp", quality });
    if (blob.type !== "image/webp") blob = await canvas.convertToBlob({ type: "image/jpeg", quality });
    if (blob.size <= MAX_BYTES) return blob;
  }
  return null;
}

/**
 * @param {InspectionRequest} request
 * @returns {Promise<Inspection>}
 */
async function handleRequest(request) {
  if (request.frame) return { type: "", isVideo: true, thumbnail: await draw(request.frame) };
  return inspect(request.file, request.claimedType);
}

worker.addEventListener("message", async ({ data }) => {
  try {
    worker.postMessage(await handleRequest(data));
  } catch {
    worker.postMessage({ type: "", isVideo: false, thumbnail: null });
  }
});
