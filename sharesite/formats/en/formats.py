"""The administration writes dates as the pages do: see ``format_moment`` in ``shares/formats.py``."""

DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "D j M Y, H:i"
DATE_FORMAT = SHORT_DATE_FORMAT = "D j M Y"
TIME_FORMAT = "H:i"
