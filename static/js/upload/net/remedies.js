/**
 * Failures with a known cause: a message for the person who is uploading, and the remedy for the administrator, which is
 * written to the browser's console.
 */
import { gettext } from "../../lib/i18n.js";

/** @typedef {import("./errors.js").StorageError} StorageError */
/** @typedef {keyof typeof REMEDIES} ProblemKind */

const FULL = new Set(["InsufficientStorage", "StorageFull", "XMinioStorageFull", "QuotaExceeded", "XMinioAdminBucketQuotaExceeded"]);
/** Refusals of what the storage does not support: a retry gets the same response. */
const UNSUPPORTED = new Set(["InvalidArgument", "InvalidRequest", "MethodNotAllowed", "NotImplemented", "NotSupported", "UnsupportedOperation"]);

const REMEDIES = {
  cors: {
    message: gettext(
      "The file storage doesn't accept uploads from this page. An administrator has to fix that; uploads then resume automatically.",
    ),
    remedy: gettext(
      "The storage responds, but its CORS rules don't allow this page to PUT with x-amz-checksum-sha256. Run “manage.py storage setup”, then “manage.py storage doctor”. A proxy in front of the storage has to pass the Access-Control headers on.",
    ),
  },
  cut: {
    message: gettext("Something between you and the file storage cuts off large requests. Uploads are retried automatically."),
    remedy: gettext(
      "Small requests reach the storage, and whole parts don't. Look for a limit of the request body in the proxy in front of the storage (nginx: client_max_body_size 0 and proxy_request_buffering off), or for a short timeout.",
    ),
  },
  limit: {
    message: gettext("Something between you and the file storage refuses requests of this size."),
    remedy: gettext(
      "A proxy in front of the storage responded with 413: remove its limit of the request body (nginx: client_max_body_size 0). A part has PART_BYTES.",
    ),
  },
  clock: {
    message: gettext("The clocks of this server and the storage differ. An administrator has to fix that."),
    remedy: gettext("The clocks of the site and the storage differ. “manage.py storage doctor” states by how much. Let NTP set both."),
  },
  unsupported: {
    message: gettext("The file storage doesn't support something that this site needs. An administrator has to change a setting."),
    remedy: gettext(
      "The storage doesn't support a header of the upload: checksums (S3_CHECKSUMS=md5) or conditional writes (S3_CONDITIONAL_WRITES=false). “manage.py storage doctor” states which.",
    ),
  },
  signature: {
    message: gettext("The file storage refused the upload."),
    remedy: gettext(
      "The storage refuses signatures. Something between the browser and the storage changes the host, path or query, or the key pair is wrong: run “manage.py storage doctor”.",
    ),
  },
  full: {
    message: gettext("The file storage is full."),
    remedy: gettext("The storage has no space left for parts, or the quota of its bucket is reached."),
  },
  unreachable: {
    message: gettext("The file storage doesn't respond, although this site does. Uploads resume automatically."),
    remedy: gettext("Browsers have to reach S3_PUBLIC_ENDPOINT_URL. Check that the storage, and what is in front of it, is running."),
  },
};

/** @param {ProblemKind} kind */
export const textsOf = (kind) => REMEDIES[kind];

/**
 * By its name: errors.js imports this module.
 *
 * @param {unknown} error
 * @returns {error is StorageError}
 */
const isStorageError = (error) => error instanceof Error && error.name === "StorageError";

/** @param {StorageError} error */
const isClock = ({ code, message }) =>
  code === "RequestTimeTooSkewed" || code === "RequestExpired" || (code === "AccessDenied" && /expired|skew/i.test(message));

/** @param {StorageError} error */
const isUnsupported = ({ status, code }) => status === 405 || status === 501 || UNSUPPORTED.has(code);

/**
 * The kind of a failure that its error alone identifies, or null.
 *
 * @param {unknown} error
 * @returns {ProblemKind | null}
 */
export function kindOf(error) {
  if (!isStorageError(error)) return null;
  if (error.status === 507 || FULL.has(error.code)) return "full";
  if (error.status === 413) return "limit";
  if (isUnsupported(error)) return "unsupported";
  if (isClock(error)) return "clock";
  return error.status === 403 ? "signature" : null;
}

/**
 * Whether such a failure can be an accident, which is reported only when it repeats.
 *
 * @param {ProblemKind | null} kind
 */
export const isTransient = (kind) => kind === null || kind === "clock" || kind === "signature";

/**
 * @typedef {object} Probe
 * @property {() => Promise<boolean>} isReachable  whether the storage sends any response
 * @property {() => Promise<boolean>} acceptsPage  whether it sends one that this page may read
 */

/**
 * The kind of a network error, which states no reason.
 *
 * @param {Probe & {failures: number}} probe  `failures` counts the failures in a row
 * @returns {Promise<ProblemKind | null>}
 */
export async function diagnose({ isReachable, acceptsPage, failures }) {
  if (!(await isReachable())) return "unreachable";
  if (await acceptsPage()) return failures >= 4 ? "cut" : null;
  return (await isReachable()) ? "cors" : "unreachable";
}
