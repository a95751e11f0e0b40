"""HTTP plumbing below the interfaces: middleware, guards, limits of requests, and the responses that views share.

Not here: views, rules, SQL.
May import: services, policies, models, storage, errors; never an interface.
"""
