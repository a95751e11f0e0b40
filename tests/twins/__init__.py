"""Broken twins: `python -m tests.twins` proves that the tests of each important rule fail without it."""
