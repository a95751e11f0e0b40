"""The words that names and prose no longer use: where they are, and that they only get fewer.

``terms`` lists them, ``bindings`` finds the names in the code, ``findings`` compares, ``prose`` does the same for
comments and documents, ``ratchet`` stores the counts.
"""
