"""Policies of AWS and storages with the same grammar: those that the site prints, and those that it reads."""
