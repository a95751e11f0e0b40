"""Shares and their files as owners make, edit and list them; repeated requests, history and requests to share again."""
