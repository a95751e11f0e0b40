"""The product: share links over S3, in rooms. See docs/architecture.md for what lives where."""
