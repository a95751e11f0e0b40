"""From the first signed part to the file that is ready: multipart uploads, batches, completion and thumbnails."""
