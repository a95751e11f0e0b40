"""Finished downloads, counted from the access logs of those who send the bytes."""
