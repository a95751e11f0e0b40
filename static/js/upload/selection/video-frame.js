/** One frame of a video that the browser can play, from about a second into it. */

const AT_SECONDS = 1;
const MAX_PIXELS = 640;

/** An `ImageBitmap`, or null when the browser cannot play this or `signal` ends first. */
export async function videoFrame(file, { signal }) {
  const video = document.createElement("video");
  const address = URL.createObjectURL(file);
  try {
    Object.assign(video, { muted: true, playsInline: true, preload: "auto", src: address });
    await waitForEvent(video, "loadeddata", signal);
    // A film that was recorded live does not know how long it is.
    video.currentTime = Number.isFinite(video.duration) ? Math.min(AT_SECONDS, video.duration / 2) : AT_SECONDS;
    await waitForEvent(video, "seeked", signal);
    if (!video.videoWidth || !video.videoHeight) return null;
    return await createImageBitmap(video, { resizeWidth: Math.min(MAX_PIXELS, video.videoWidth), resizeQuality: "medium" });
  } catch {
    return null;
  } finally {
    video.removeAttribute("src");
    video.load(); // lets go of the file
    URL.revokeObjectURL(address);
  }
}

function waitForEvent(video, name, signal) {
  return new Promise((resolve, reject) => {
    const over = new AbortController();
    const settle = (verdict) => () => {
      over.abort();
      verdict();
    };
    video.addEventListener(name, settle(resolve), { signal: over.signal });
    video.addEventListener("error", settle(reject), { signal: over.signal });
    signal.addEventListener("abort", settle(reject), { signal: over.signal });
    if (signal.aborted) settle(reject)();
  });
}
