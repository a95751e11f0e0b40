/**
 * Looks into files away from the page's own thread: what the first bytes are, and a small picture where they can be drawn.
 *
 * In: `{file, claimedType}`, or `{frame}`, an `ImageBitmap` to be drawn small. Out: `{type, isVideo, picture}`; `picture` is
 * `{blob, width, height}` or null.
 */
import { HEAD_BYTES, fitted, modest, sniff } from "./sniff.js";

const MAX_PIXELS = 320;
const MAX_BYTES = 40_000;
const MAX_FILE_BYTES = 64 * 1024 * 1024;
const QUALITIES = [0.75, 0.5, 0.3, 0.1];

async function inspect(file, claimedType) {
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  const { type, isDrawable, isVideo } = sniff(head, claimedType);
  const size = isDrawable && file.size <= MAX_FILE_BYTES ? modest(head) : null;
  return { type, isVideo, picture: size && (await decoded(file, size).then(draw, () => null)) };
}

/** Shrunk while it is decoded: by its width alone, since cameras write pictures lying on their side. */
function decoded(file, { width, height }) {
  const large = Math.min(width, height) > 2 * MAX_PIXELS;
  return createImageBitmap(file, large ? { resizeWidth: 2 * MAX_PIXELS, resizeQuality: "medium" } : {});
}

async function draw(bitmap) {
  const { width, height } = fitted(bitmap, MAX_PIXELS);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { alpha: false });
  context.fillStyle = "white"; // what lies behind must not show through
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  const blob = await encoded(canvas);
  return blob && { blob, width, height };
}

/** WebP where the browser writes it, else JPEG, in the best quality that is small enough. */
async function encoded(canvas) {
  for (const quality of QUALITIES) {
    let blob = await canvas.convertToBlob({ type: "image/webp", quality });
    if (blob.type !== "image/webp") blob = await canvas.convertToBlob({ type: "image/jpeg", quality });
    if (blob.size <= MAX_BYTES) return blob;
  }
  return null;
}

self.addEventListener("message", async ({ data: { file, claimedType, frame } }) => {
  try {
    self.postMessage(frame ? { picture: await draw(frame) } : await inspect(file, claimedType));
  } catch {
    self.postMessage({ type: "", isVideo: false, picture: null });
  }
});
