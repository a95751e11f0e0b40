"""What keeps the server in order: the purge, the reconciliation of bucket and rows, health."""
