"""Every text that people read is in a catalog: a sentence that is not marked for translation fails here."""

from pathlib import Path

import pytest

from sharesite.env import PROJECT
from tests.project.catalogs.bare_text import bare_python_texts, bare_template_texts

# English in every language, as log lines are: the servers of `make run` and the findings of the storage doctor, which
# operators search for and paste into reports.
UNTRANSLATED = (
    "shares/storage/doctor",
    "sharesite/dev_stack",
)


def python_files() -> list[Path]:
    paths = [path for folder in ("shares", "sharesite") for path in (PROJECT / folder).rglob("*.py")]
    names = {path: path.relative_to(PROJECT).as_posix() for path in paths}
    return [path for path, name in names.items() if "migrations" not in name and not name.startswith(UNTRANSLATED)]


def test_templates_have_no_bare_text() -> None:
    bare_texts = {
        path.relative_to(PROJECT).as_posix(): texts
        for suffix in ("html", "txt")
        for path in sorted((PROJECT / "templates").rglob(f"*.{suffix}"))
        if (texts := bare_template_texts(path.read_text(encoding="utf-8"), html=suffix == "html"))
    }
    assert bare_texts == {}


def test_python_shows_no_bare_text() -> None:
    bare_texts = [
        f"{path.relative_to(PROJECT)}:{text}" for path in sorted(python_files()) for text in bare_python_texts(path)
    ]
    assert bare_texts == []


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ("<p>Hello</p>", ["Hello"]),
        ('<img alt="A picture">{# A comment. #}', ["A picture"]),
        ("{{ count }} file{{ count|pluralize }}", ["file"]),
        ('{% translate "Hello" %} · {{ name }}, <code>curl</code> {% comment %}Not shown.{% endcomment %}', []),
        ("{% blocktranslate trimmed %}<p>Hello {{ name }}</p>{% endblocktranslate %}", []),
    ],
)
def test_bare_text_of_a_template_is_found(source: str, texts: list[str]) -> None:
    assert bare_template_texts(source, html=True) == texts


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ('raise Invalid("No.", field="name")', 1),
        ('raise Invalid(_("No."), field="name")', 0),
        ('raise Invalid(f"At most {most} files.")', 1),
        ('raise Invalid(_("At most %(count)d files.") % {"count": most})', 0),
        ('name = forms.CharField(label="Name")', 1),
        ('size = models.IntegerField("size in bytes")', 1),
        ('messages.success(request, "Saved." if changes else _("Nothing was changed."))', 1),
        ('log.warning("Not for people who use the site.")', 0),
        ('class Gone(Refusal):\n    code = "gone"\n    specific_detail = "It is gone."', 1),
        ('CatalogEntry(410, "Gone", _("It is gone."))', 1),
        ('class Reason(models.TextChoices):\n    OTHER = "other", "Something else"', 1),
        ('self.stdout.write("Done")', 1),
        ('parser.add_argument("--all", help="all of them")', 1),
        ('yield Error(_("It is off."), hint="Turn it on.", id="shares.E001")', 1),
    ],
)
def test_bare_text_of_python_is_found(tmp_path: Path, source: str, count: int) -> None:
    (tmp_path / "module.py").write_text(source, encoding="utf-8")
    assert len(list(bare_python_texts(tmp_path / "module.py"))) == count
