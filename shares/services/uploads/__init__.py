"""Multipart uploads, batches of small files, completion and thumbnails."""
