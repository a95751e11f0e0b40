"""What templates need beyond Django's own tags: icons, and text for sizes, types and times.

Not here: queries, rules.
May import: nothing of the product.
"""
