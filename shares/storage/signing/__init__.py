"""Signed URLs: the signature, the credentials, and the endpoints."""
