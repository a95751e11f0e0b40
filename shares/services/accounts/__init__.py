"""API tokens, and the settings of one's own account."""
