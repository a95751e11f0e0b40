/**
 * Failures with a known cause: a message for the person who is uploading, and the remedy for the administrator, which is
 * written to the browser's console.
 */

/** @typedef {import("./errors.js").StorageError} StorageError */
/** @typedef {keyof typeof REMEDIES} ProblemKind */

const FULL = new Set(["InsufficientStorage", "StorageFull", "XMinioStorageFull", "QuotaExceeded", "XMinioAdminBucketQuotaExceeded"]);
/** Refusals of what the storage does not support: a retry gets the same response. */
const UNSUPPORTED = new Set(["InvalidArgument", "InvalidRequest", "MethodNotAllowed", "NotImplemented", "NotSupported", "UnsupportedOperation"]);

const REMEDIES = {
  cors: {
    message: "The file storage does not let this page send to it. Once an administrator has put that right, it goes on by itself.",
    remedy: "The storage answers, but its CORS rules do not name the address of this page, or not PUT with x-amz-checksum-sha256. Run “manage.py storage setup”, then “manage.py storage doctor”; a proxy before the storage must pass the Access-Control headers on.",
  },
  cut: {
    message: "Something between you and the file storage cuts off every larger piece. It is tried again and again.",
    remedy: "Small requests reach the storage, whole parts do not. Look for a limit of the body's size in the proxy before the storage (nginx: client_max_body_size 0 and proxy_request_buffering off), or for a short time limit.",
  },
  limit: {
    message: "Something between you and the file storage refuses pieces of this size.",
    remedy: "A proxy before the storage answered 413: lift its limit of the body's size (nginx: client_max_body_size 0). A part has PART_BYTES.",
  },
  clock: {
    message: "The file storage takes every permission of this server for expired. An administrator must set the clocks.",
    remedy: "The clocks of the site and of the storage differ. “manage.py storage doctor” tells by how much; let NTP set both.",
  },
  unsupported: {
    message: "The file storage doesn't support something this site asks of it. An administrator has to change a setting.",
    remedy: "The storage does not know a header of the upload: checksums (S3_CHECKSUMS=md5) or conditional writes (S3_CONDITIONAL_WRITES=false). “manage.py storage doctor” tells which.",
  },
  signature: {
    message: "The file storage refused the upload.",
    remedy: "A signature was refused again and again. Something between browser and storage changes host, path or query, or the key pair is wrong: “manage.py storage doctor”.",
  },
  full: {
    message: "The file storage is full.",
    remedy: "The storage has no space left for parts, or its bucket a quota that is reached.",
  },
  unreachable: {
    message: "The file storage does not answer, though this site does. It goes on by itself when it is back.",
    remedy: "Browsers must reach S3_PUBLIC_ENDPOINT_URL; is the storage, and what stands before it, running?",
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
