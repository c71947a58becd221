"""A programme is told in the reader's language, by words beside it that change no rule."""

import logging
import shutil
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from programmes.__main__ import main
from programmes.load import PACKAGED, all_programmes, content_hash, load
from programmes.origins import as_file
from programmes.problems import ProgrammeError
from programmes.schema import Programme, Section, Text, Translated
from programmes.words import NOT_TOLD, SPOKEN, in_language, read_words, spoken_places, words_file
from tests.programmes.conftest import SIXTH

GRONINGEN = "kansrijk-groningen"
EVERY_PROGRAMME = pytest.mark.parametrize("programme", all_programmes(PACKAGED), ids=lambda programme: programme.id)


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A municipality's own folder: one of ours with its English, and its own without."""
    shutil.copytree(PACKAGED / GRONINGEN, tmp_path / GRONINGEN)
    (tmp_path / "kansrijk-emmen").mkdir()
    shutil.copy(SIXTH, tmp_path / "kansrijk-emmen" / "1.toml")
    return tmp_path


@pytest.fixture
def english(shelf: Path) -> Path:
    return words_file(shelf, GRONINGEN, 1, "en")


@EVERY_PROGRAMME
def test_each_of_the_five_is_told_in_english_from_the_first_word_to_the_last(programme: Programme) -> None:
    told = read_words(programme, "en", words_file(PACKAGED, programme.id, programme.version, "en"))

    assert told.language == "en"
    assert told.intake.consents[0].text.startswith("We keep your data")
    assert {each.name for each in told.intake.decline_reasons}.isdisjoint(
        each.name for each in programme.intake.decline_reasons
    )


@EVERY_PROGRAMME
def test_words_change_no_rule_and_no_code(programme: Programme) -> None:
    told = in_language(programme, "en", PACKAGED)

    spoken = set(spoken_places(as_file(programme)))
    assert dict(_values(as_file(told), spoken)) == dict(_values(as_file(programme), spoken))
    assert content_hash(load(programme.id, programme.version, PACKAGED)) == content_hash(programme)


def test_dutch_is_what_the_file_says() -> None:
    programme = load(GRONINGEN, 1, PACKAGED)

    assert in_language(programme, "nl", PACKAGED) is programme
    assert programme.language == "nl"


def test_a_programme_without_english_is_shown_in_dutch(shelf: Path) -> None:
    told = in_language(load("kansrijk-emmen", 1, shelf), "en", shelf)

    assert told.language == "nl"
    assert told.tandem.supporter_title == "gezinscoach"


def test_proper_names_stay_as_they_are() -> None:
    told = in_language(load(GRONINGEN, 1, PACKAGED), "en", PACKAGED)

    assert [area.name for area in told.areas] == ["Beijum", "Lewenborg", "Selwerd", "De Wijert"]
    assert told.languages[2].name == "Arabic"


def test_another_language_follows_without_code(shelf: Path, english: Path) -> None:
    words_file(shelf, GRONINGEN, 1, "tr").write_text(english.read_text().replace('"Bicycle"', '"Bisiklet"'))

    told = in_language(load(GRONINGEN, 1, shelf), "tr", shelf)

    assert "Bisiklet" in {each.name for each in told.categories}
    assert told.language == "tr"


def test_words_that_were_mended_are_read_again(shelf: Path, english: Path) -> None:
    before = in_language(load(GRONINGEN, 1, shelf), "en", shelf)
    english.write_text(english.read_text().replace('"Bicycle"', '"Bicycle or scooter"'))

    after = in_language(load(GRONINGEN, 1, shelf), "en", shelf)

    assert "Bicycle or scooter" in {each.name for each in after.categories} - {each.name for each in before.categories}


@pytest.mark.parametrize(
    ("old", "new", "place", "reason"),
    [
        ('"categories[laptop].name"', '"categories[yacht].name"', "categories[yacht].name", "no words stand"),
        ('"categories[laptop].name"', '"categories[laptop].spender"', "categories[laptop].spender", "no words stand"),
        ('"categories[laptop].name" = "Laptop or tablet"\n', "", "categories[laptop].name", "has no words"),
        ('"categories[laptop].name"', '"areas[beijum].name"', "areas[beijum].name", "is among the names"),
        ('"categories[laptop].name"', '"categories[1].name"', "categories[healthy-food].name", "says the same"),
    ],
    ids=["no such place", "no words there", "left out", "a name and words", "twice"],
)
def test_words_at_a_wrong_place_are_refused_with_file_line_place_and_reason(
    shelf: Path, english: Path, old: str, new: str, place: str, reason: str
) -> None:
    english.write_text(english.read_text().replace(old, new, 1))

    with pytest.raises(ProgrammeError) as refused:
        read_words(load(GRONINGEN, 1, shelf), "en", english)

    (problem,) = (each for each in refused.value.problems if each.place == ("words", place))
    assert reason in problem.reason
    assert problem.line is not None
    assert str(english) in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"languages[ti]",', '"languages[ti]",\n    "capacity",', "`capacity`: no words stand at this place"),
        ("[words]", "[word]", "Extra inputs are not permitted"),
        ('"Bicycle"', "7", "Input should be a valid string"),
        ('"Bicycle"', '""', "at least 1 character"),
        ("[words]", "words]", "is not valid TOML"),
    ],
)
def test_what_is_no_words_file_is_refused(shelf: Path, english: Path, old: str, new: str, reason: str) -> None:
    english.write_text(english.read_text().replace(old, new, 1))

    with pytest.raises(ProgrammeError, match=r"1\.en\.toml") as refused:
        read_words(load(GRONINGEN, 1, shelf), "en", english)

    assert reason in str(refused.value)


def test_wrong_words_stop_nobody_who_is_at_work(shelf: Path, english: Path, caplog: pytest.LogCaptureFixture) -> None:
    english.write_text(english.read_text().replace("categories[laptop]", "categories[yacht]", 1))

    with caplog.at_level(logging.ERROR):
        told = in_language(load(GRONINGEN, 1, shelf), "en", shelf)

    assert told.language == "nl"
    assert "kansrijk-groningen 1.en" in caplog.text
    assert "categories[yacht].name" in caplog.text


def test_whoever_writes_words_hears_what_is_wrong(
    shelf: Path, english: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    definition = str(shelf / GRONINGEN / "1.toml")
    assert main(["check", definition]) == 0
    assert "in nl, en" in capsys.readouterr().out

    english.write_text(english.read_text().replace("categories[laptop]", "categories[yacht]", 1))

    assert main(["check", definition]) == 1
    assert "categories[yacht].name: no words stand at this place" in capsys.readouterr().err
    assert main(["release", GRONINGEN, "1", "--directory", str(shelf)]) == 1


def test_every_text_of_the_schema_is_told_in_the_readers_language() -> None:
    texts = {key for model in _sections(Programme) for key, kind in _fields(model) if kind is Text}

    assert texts == SPOKEN


def test_what_is_not_told_here_is_told_by_the_file_itself_or_to_its_writer() -> None:
    in_both = {key for key, kind in _fields(Programme) if kind is Translated}

    assert in_both | {"grounds", "assumptions"} == NOT_TOLD


def _values(value: Any, without: set[Any], place: tuple[str | int, ...] = ()) -> Iterator[tuple[Any, Any]]:
    """Every value of a file by its place, but those at some places."""
    if isinstance(value, dict | list):
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        for key, below in parts:
            yield from _values(below, without, (*place, key))
    elif place not in without:
        yield place, value


def _sections(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """A model and every section below it, but words in two languages."""
    yield model
    for _, kind in _fields(model):
        for part in _parts(kind):
            if part is not Translated:
                yield from _sections(part)


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    for field in model.model_fields.values():
        yield field.alias or "", field.annotation


def _parts(kind: Any) -> Iterator[type[Section]]:
    if isinstance(kind, type) and not isinstance(kind, types.GenericAlias) and issubclass(kind, Section):
        yield kind
    for part in (*get_args(kind), *_parts_of_alias(kind)):
        yield from _parts(part)


def _parts_of_alias(kind: Any) -> tuple[Any, ...]:
    value = getattr(kind, "__value__", None)
    return (value,) if value is not None else ()
