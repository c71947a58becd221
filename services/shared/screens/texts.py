"""The words of the screens: Dutch as it stands in the templates, English from `locale/en.po` beside them."""

from collections.abc import Iterator, Sequence
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ENGLISH_FILE = Path("locale") / "en.po"
LINE_LENGTH = 120
_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}


def read_catalogue(room: Path) -> Catalog:
    """A room's English: empty where it has none yet."""
    file = room / ENGLISH_FILE
    if not file.exists():
        return Catalog(locale="en")
    with file.open("rb") as lines:
        return read_po(lines, locale="en")


def translations(rooms: Sequence[Path]) -> NullTranslations:
    """English for the templates of some rooms, an earlier room first; what none of them knows stays Dutch."""
    first: NullTranslations = NullTranslations()
    for room in reversed(rooms):
        compiled = BytesIO()
        write_mo(compiled, read_catalogue(room))
        compiled.seek(0)
        known = GNUTranslations(compiled)
        known.add_fallback(first)
        first = known
    return first


def update_catalogue(room: Path, known: Catalog | None = None) -> Catalog:
    """The room's English with exactly the texts of its templates, less those that `known` has; a new one is empty."""
    found = Catalog(locale="en")
    for place, message, context in _texts_of(room):
        if known is None or known.get(message, context) is None:
            found.add(message, locations=[(place, 0)], context=context)
    catalogue = read_catalogue(room)
    catalogue.update(found, no_fuzzy_matching=True)
    return catalogue


def written(catalogue: Catalog) -> bytes:
    """A catalogue as it stands in its file."""
    lines = BytesIO()
    layout = {"omit_header": True, "sort_output": True, "ignore_obsolete": True, "include_lineno": False}
    write_po(lines, catalogue, width=LINE_LENGTH, **layout)
    return lines.getvalue()


def untranslated(catalogue: Catalog) -> list[str]:
    """The Dutch texts without English."""
    return [
        str(message.id)
        for message in catalogue
        if message.id and not all(message.string if isinstance(message.string, tuple) else (message.string,))
    ]


def _texts_of(room: Path) -> Iterator[tuple[str, str | tuple[str, ...], str | None]]:
    for file in sorted((room / "templates").rglob("*.html")):
        with file.open("rb") as lines:
            options = {"trimmed": "true", "silent": "false"}
            for _, message, _, context in extract("jinja2", lines, _KEYWORDS, options=options):
                yield file.relative_to(room).as_posix(), message, context
