/** The messages to and from content-worker.js. */

/** @typedef {{blob: Blob, width: number, height: number}} Thumbnail */

/**
 * A file, or a frame of a video, of which only the thumbnail is requested.
 *
 * @typedef {{file: File, claimedType: string, frame?: undefined} | {frame: ImageBitmap}} InspectionRequest
 */
/** @typedef {{type: string, isVideo: boolean, thumbnail: Thumbnail | null}} Inspection */

export {};
