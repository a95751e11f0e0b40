"""The bucket: its objects, its multipart uploads, and its own rules."""
