"""Email to owners."""
