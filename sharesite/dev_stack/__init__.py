"""The embedded stack: the servers that ``manage.py up`` and the tests start on one machine, each as a
``ManagedProcess``.

The package contains nothing that a deployment needs, where the same servers run by themselves. It may import the
standard library, the wheels that contain the servers and ``sharesite.env``; Django only in ``supervisor``.
"""
