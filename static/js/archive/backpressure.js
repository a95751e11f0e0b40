/** A stream that is read only on demand, and whose memory is freed chunk by chunk. */
import { freeBuffer } from "../lib/free-buffer.js";

/** Smaller chunks may be used twice: a name stands before its file and at the end of the archive. */
const MIN_FREED_BYTES = 16 * 1024;

/**
 * The same bytes as `stream`, for a reader that has copied a chunk by the time it pulls the next, as a browser does with the
 * response of a service worker. A chunk is freed when the next one is ready: by then its producer needs it no longer either.
 *
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} stream
 */
export function withBackpressure(stream) {
  const reader = stream.getReader();
  /** @type {Uint8Array<ArrayBuffer> | undefined} */
  let previous;
  return new ReadableStream(
    {
      async pull(controller) {
        const { value, done } = await reader.read();
        if (previous && previous.byteLength === previous.buffer.byteLength && previous.byteLength >= MIN_FREED_BYTES) {
          freeBuffer(previous.buffer);
        }
        previous = value;
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 }, // nothing is read before it is pulled
  );
}
