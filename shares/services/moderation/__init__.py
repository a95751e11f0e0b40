"""Reports of abuse, blocked files and virus scans."""
