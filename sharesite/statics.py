"""Static files under names that contain a digest of their content, as do the imports inside them."""

from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage

PATTERNS = HashedFilesMixin._js_module_import_aggregation_patterns  # type: ignore[attr-defined] # noqa: SLF001
FILES, (*STATEMENTS, (DYNAMIC_IMPORT, TEMPLATE)) = PATTERNS


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """An import names exactly one version of a module: a page from before an update never mixes old and new ones.

    A module's digest covers the names it imports, so a change travels up to the entry point, one pass a step.
    """

    support_js_module_import_aggregation = True
    max_post_process_passes = 30
    # In a comment, `{import("./module.js").Type}` names a type. Types may refer to each other, digests cannot.
    _js_module_import_aggregation_patterns = (FILES, (*STATEMENTS, (r"(?<!\{)" + DYNAMIC_IMPORT, TEMPLATE)))
