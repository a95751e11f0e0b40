"""Accounts: signing in, and what strangers can do to it."""
