"""The product: share links over S3, in layers and packages, which docs/architecture.md describes."""
