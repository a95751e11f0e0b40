"""Shares and their files, as owners create, edit and list them; repeated requests, history and re-share requests."""
