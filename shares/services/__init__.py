"""Operations: a package for each part of the product, a module for each noun, functions with their own transactions.

Their parameters are keyword-only. Several packages use the modules beside them. Services use neither HTTP, forms,
templates nor tasks, and never call the network inside a transaction. They may import policies, models, storage and
errors.
"""
