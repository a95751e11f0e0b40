"""What recipients see and fetch: grants, signed URLs, previews, archives, checksums and streams through the server."""
