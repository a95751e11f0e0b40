/**
 * Frees the memory of a buffer immediately, by transferring it to a closed port: garbage collection would let up to half a
 * gigabyte pile up.
 */
const { port1: source, port2: closedPort } = new MessageChannel();
closedPort.close();

/** @param {ArrayBuffer} buffer */
export function freeBuffer(buffer) {
  source.postMessage(null, [buffer]);
}
