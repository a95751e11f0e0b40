"""Scripts of the pages, bundled for one test with their names as they are in the sources."""

import subprocess

from sharesite.env import PROJECT


def bundle(name: str) -> str:
    """The module ``name`` of ``static/js`` with all that it imports."""
    command = ["node_modules/.bin/esbuild", f"static/js/{name}", "--bundle", "--format=esm"]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True, timeout=60).stdout
