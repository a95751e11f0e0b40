"""The HTML door: function views, each fetches, parses, calls a service and answers.

Not here: rules, signing, SQL; what several views share of HTTP is in ``shares/http``.
May import: http, forms, services, policies, models, errors; never another door.
"""
