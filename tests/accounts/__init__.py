"""Accounts: signing in, and what anonymous clients can do to it."""
