"""API tokens, and what people change of their own account."""
