"""Deeds: a package for each part of the product, one module a noun, typed functions that own their transaction.

Their parameters are keyword-only. The modules beside the packages are used by several of them.
Not here: HTTP, forms, templates, tasks; no network call inside a transaction.
May import: policies, models, storage, errors.
"""
