"""How long requests may be, and what the longest of them cost."""
