/**
 * Reads the parts that storage already has once more from the disk and compares checksums, one part at a time, while
 * the missing ones are being sent: reading is cheap beside sending, and a file that changed must not become a mixture.
 */
import { base64 } from "./digest.js";
import { ChangedError, isAbort } from "../net/errors.js";

/** Resolves true when every doubt about `file` is settled. Rejects with `ChangedError` or `UnreadableError`. */
export async function verify(file, digester) {
  try {
    for (let part = file.nextDoubted(); part && !file.settled; part = file.nextDoubted()) {
      const digest = await digester.digest(file.file.slice(part.start, part.end));
      if (file.settled) return false;
      if (base64(digest) !== part.checksum) throw new ChangedError(file.name);
      file.partStored(part);
    }
  } catch (error) {
    if (file.settled || isAbort(error)) return false;
    throw error;
  }
  return !file.settled;
}
