"""The terms of names in the code: which are retired, which are vague, where they stand, and that they only get fewer.

``terms`` lists them, ``bindings`` finds the names in the code, ``findings`` compares, ``ratchet`` keeps the counts.
"""
