"""The admins' door: stock Django admin, where facts are read and only lawful acts are offered.

Storage fields and audit lines are read-only; passwords and secrets are never shown.
"""

from shares.admin import abuse, read_only, shares, users

__all__ = ["abuse", "read_only", "shares", "users"]
