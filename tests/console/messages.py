"""What the console says in code and templates, for the catalogues: `python -m tests.console.messages` updates them."""

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

CONSOLE = Path(__file__).parents[2] / "console"
KEYWORDS: dict[str, tuple[int, ...] | None] = {"gettext": None, "ngettext": (1, 2), "_": None}
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext.babel_extract")]
OPTIONS = {"templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}}


def extracted(language: str) -> Catalog:
    """A catalogue of every text in the code, without translations."""
    catalogue = Catalog(locale=language, project="town brain", version="1", charset="utf-8")
    for file, line, message, _, _ in extract_from_dir(CONSOLE, METHODS, OPTIONS, keywords=KEYWORDS):
        catalogue.add(message, locations=[(file, line)])
    return catalogue


def stored(language: str) -> Catalog:
    """The catalogue as it is kept."""
    with path(language).open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def path(language: str) -> Path:
    """Where the catalogue of a language is."""
    return CONSOLE / "locale" / language / "LC_MESSAGES" / "console.po"


def update() -> None:
    """Put new texts into the catalogues and take those out that nobody says any more."""
    for language in ("zh", "en"):
        catalogue = stored(language) if path(language).is_file() else Catalog(locale=language)
        catalogue.update(extracted(language), no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        with path(language).open("wb") as file:
            write_po(file, catalogue, sort_output=True, no_location=True, omit_header=False, width=120)


if __name__ == "__main__":
    update()
