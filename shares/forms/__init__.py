"""Parsing of HTML forms into the values that services take: a module for each form."""
