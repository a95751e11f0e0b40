"""What templates need beyond Django's own tags: icons, numbers and times in words.

Not here: queries, rules.
May import: nothing of the product.
"""
