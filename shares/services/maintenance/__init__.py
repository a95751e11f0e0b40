"""The purge, the reconciliation of bucket and database, and health checks."""
