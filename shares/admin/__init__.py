"""The Django admin: rows are read-only, and actions call services.

Storage fields and audit lines are read-only; passwords and secrets are never shown.
"""

from shares.admin import abuse, presets, read_only, shares, users

__all__ = ["abuse", "presets", "read_only", "shares", "users"]
