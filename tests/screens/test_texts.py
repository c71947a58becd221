"""Every Dutch text of a screen has its English, and stands in the catalogue of the room whose screen it is."""

import re
from pathlib import Path

import pytest

from deploy.local.programs import ROOT
from deploy.texts import catalogues
from services.shared.screens.texts import ENGLISH_FILE, read_catalogue, untranslated, update_catalogue, written

CATALOGUES = catalogues()


@pytest.mark.parametrize("room", CATALOGUES, ids=lambda room: str(room.relative_to(ROOT)))
def test_the_english_is_complete_and_as_the_command_writes_it(room: Path) -> None:
    assert untranslated(CATALOGUES[room]) == []
    assert (room / ENGLISH_FILE).read_bytes() == written(CATALOGUES[room])


@pytest.mark.parametrize("room", CATALOGUES, ids=lambda room: str(room.relative_to(ROOT)))
def test_one_thing_has_one_word(room: Path) -> None:
    """A supporter is a begeleider, or what the programme calls them; what they do is begeleiding."""
    found = [message for message in read_catalogue(room) if message.id]

    assert [each.id for each in found if re.search(r"maatje|ondersteuner|traject", str(each.id), re.IGNORECASE)] == []
    assert [each.string for each in found if re.search("trajector", str(each.string), re.IGNORECASE)] == []


@pytest.mark.parametrize("room", CATALOGUES, ids=lambda room: str(room.relative_to(ROOT)))
def test_no_english_needs_a_programme_to_have_words_that_follow_a(room: Path) -> None:
    """A supporter may be an "own WIJ worker": "a" before it is right for some programmes only."""
    said = [str(each.string) for each in read_catalogue(room) if each.id]

    assert [each for each in said if re.search(r"\ban? %\((supporter|buddy|title)\)", each, re.IGNORECASE)] == []


def test_the_first_page_and_the_layout_have_rooms() -> None:
    assert {ROOT / "services/shared/screens", ROOT / "deploy"} <= set(CATALOGUES)


def test_a_new_text_is_found_and_one_that_went_is_forgotten(tmp_path: Path) -> None:
    page = tmp_path / "templates" / "page.html"
    page.parent.mkdir()
    page.write_text("{% trans %}\n  Goed\n  zo\n{% endtrans %}{{ _('Dag') }}")
    (tmp_path / "locale").mkdir()
    (tmp_path / ENGLISH_FILE).write_text('msgid "Dag"\nmsgstr "Hello"\n\nmsgid "Weg"\nmsgstr "Gone"\n')

    updated = update_catalogue(tmp_path)

    assert untranslated(updated) == ["Goed zo"]
    assert b"Gone" not in written(updated)
    (tmp_path / ENGLISH_FILE).write_bytes(written(updated))
    assert read_catalogue(tmp_path)["Dag"].string == "Hello"


def test_what_all_share_is_translated_once(tmp_path: Path) -> None:
    shared, room = tmp_path / "shared", tmp_path / "room"
    for folder, texts in ((shared, ["Begin"]), (room, ["Begin", "Gezin"])):
        (folder / "templates").mkdir(parents=True)
        (folder / "templates" / "page.html").write_text("".join(f"{{{{ _('{text}') }}}}" for text in texts))

    assert untranslated(update_catalogue(room, update_catalogue(shared))) == ["Gezin"]
