"""Deeds: one module a noun, keyword-only typed functions that own their transaction.

Not here: HTTP, forms, templates, tasks; no network call inside a transaction.
May import: policies, models, storage, errors.
"""
