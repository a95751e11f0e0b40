/**
 * Reads the parts that the storage already has from the disk again and compares checksums, one part at a time, while the
 * missing parts are sent. Otherwise a file that has changed in the meantime would become a mixture of two versions.
 */
import { toBase64 } from "./digest.js";
import { ChangedError, isAbort } from "../net/errors.js";

/** @typedef {import("./digest.js").Digester} Digester */
/** @typedef {import("../engine/file-upload.js").FileUpload} FileUpload */

/**
 * Resolves with true when no part of `file` is unverified any more. Rejects with `ChangedError` or `UnreadableError`.
 *
 * @param {FileUpload} file
 * @param {Pick<Digester, "digest">} digester
 */
export async function verify(file, digester) {
  try {
    for (let part = file.nextUnverified(); part && !file.settled; part = file.nextUnverified()) {
      const digest = await digester.digest(file.file.slice(part.start, part.end));
      if (file.settled) return false;
      if (toBase64(digest) !== part.checksum) throw new ChangedError(file.name);
      file.partStored(part);
    }
  } catch (error) {
    if (file.settled || isAbort(error)) return false;
    throw error;
  }
  return !file.settled;
}
