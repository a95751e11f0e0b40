"""Catalogs of texts in ``locale/``: extracted from templates, Python and scripts, and compiled for the site."""
