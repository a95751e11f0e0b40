/** Memory given back at once, by sending it nowhere: what is left to the collector piles up to half a gigabyte. */
const nowhere = new MessageChannel();
nowhere.port2.close();

export function release(buffer) {
  nowhere.port1.postMessage(null, [buffer]);
}
