"""The HTML door: function views, each fetches, parses, calls a service and answers.

Not here: rules, signing, SQL.
May import: forms, services, policies, models, errors; never another door.
"""
