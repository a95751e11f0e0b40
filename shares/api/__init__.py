"""The JSON door: the same services as the pages, spoken as JSON.

Not here: rules, signing, SQL.
May import: services, policies, models, errors; never another door.
"""
