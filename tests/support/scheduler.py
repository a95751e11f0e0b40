"""How pytest-xdist shares the tests: a file to each test process, or a folder whose files have an expensive fixture."""

from xdist.scheduler.loadfile import LoadFileScheduling

# A site in two pseudo-languages, with its catalogs and shares.
TOGETHER = ("tests/e2e/languages",)


class FileScheduling(LoadFileScheduling):  # type: ignore[misc] # untyped
    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return next((folder for folder in TOGETHER if file.startswith(f"{folder}/")), file)
