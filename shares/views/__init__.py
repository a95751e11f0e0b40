"""The HTML interface: function views that parse a request, call a service and render its result.

Not here: rules, signing, SQL; what several views share of HTTP is in ``shares/http``.
May import: http, forms, services, policies, models, errors; never another interface.
"""
