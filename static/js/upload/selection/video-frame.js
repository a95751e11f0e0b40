/** One frame of a video that the browser can play, from about a second into it. */

const POSITION_SECONDS = 1;
const MAX_PIXELS = 640;

/**
 * Null when the browser cannot play the video, or `signal` is aborted before the frame is there.
 *
 * @param {Blob} file
 * @param {{signal: AbortSignal}} options
 * @returns {Promise<ImageBitmap | null>}
 */
export async function videoFrame(file, { signal }) {
  const video = document.createElement("video");
  const url = URL.createObjectURL(file);
  try {
    Object.assign(video, { muted: true, playsInline: true, preload: "auto", src: url });
    await waitForEvent(video, "loadeddata", signal);
    // The duration of a live recording is unknown.
    video.currentTime = Number.isFinite(video.duration) ? Math.min(POSITION_SECONDS, video.duration / 2) : POSITION_SECONDS;
    await waitForEvent(video, "seeked", signal);
    if (!video.videoWidth || !video.videoHeight) return null;
    return await createImageBitmap(video, { resizeWidth: Math.min(MAX_PIXELS, video.videoWidth), resizeQuality: "medium" });
  } catch {
    return null;
  } finally {
    video.removeAttribute("src");
    video.load(); // releases the file
    URL.revokeObjectURL(url);
  }
}

/**
 * @param {HTMLVideoElement} video
 * @param {"loadeddata" | "seeked"} name
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function waitForEvent(video, name, signal) {
  return new Promise((resolve, reject) => {
    const listeners = new AbortController();
    /** @param {() => void} settle */
    const end = (settle) => () => {
      listeners.abort();
      settle();
    };
    video.addEventListener(name, end(resolve), { signal: listeners.signal });
    video.addEventListener("error", end(reject), { signal: listeners.signal });
    signal.addEventListener("abort", end(reject), { signal: listeners.signal });
    if (signal.aborted) end(reject)();
  });
}
