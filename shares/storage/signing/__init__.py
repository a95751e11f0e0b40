"""Signed URLs: the signature itself, the credentials that sign, and the addresses that are signed for."""
