"""The embedded stack: the servers that ``manage.py up`` and the tests start on one machine, each as a ``Part``.

Not here: anything the product needs in production; there the same servers run by themselves.
May import: the standard library, the wheels that carry the servers, ``sharesite.env``; Django only in ``supervisor``.
"""
