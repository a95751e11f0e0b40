"""Wiring: settings, URLs, the Celery app and the embedded stack. Nothing in ``shares`` imports this package."""
