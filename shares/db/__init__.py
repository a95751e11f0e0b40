"""Hand-written SQL: the statements of the fast path, and prepared statements. Imports models; imported by services."""
