"""The Django project: settings, URLs, the Celery app and the embedded stack. ``shares`` does not import it."""
