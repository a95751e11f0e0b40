/** A stream for the browser's own hands, whose memory is given back piece by piece as it is taken. */
import { freeBuffer } from "../lib/free-buffer.js";

/** Smaller pieces may be wanted again: a name stands in front of its file and at the end of the archive. */
const LARGE = 16 * 1024;

/**
 * The same bytes as `stream`, for a reader that has copied a piece when it asks for the next, as a browser does with
 * the response of a service worker. A piece is released when the next one is there: by then its producer no longer
 * needs it either.
 */
export function thrifty(stream) {
  const reader = stream.getReader();
  let last = null;
  return new ReadableStream(
    {
      async pull(controller) {
        const { value, done } = await reader.read();
        if (last && last.byteLength === last.buffer.byteLength && last.byteLength >= LARGE) freeBuffer(last.buffer);
        last = value;
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 }, // nothing is read that was not asked for
  );
}
