"""The JSON interface: the same services as the pages.

Not here: rules, signing, SQL.
May import: services, policies, models, errors; never another interface.
"""
