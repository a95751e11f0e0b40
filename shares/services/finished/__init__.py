"""Counting finished downloads from the access logs of what sends the bytes."""
