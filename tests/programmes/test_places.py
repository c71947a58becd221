"""Families are met in libraries and playgrounds in every programme, also where its definition does not name them."""

from pathlib import Path

import pytest

from programmes.load import PACKAGED, all_programmes, latest
from programmes.places import FILE_NAME, channels, common_places
from programmes.problems import ProgrammeError
from programmes.schema import ChannelKind, Programme
from programmes.words import in_language

EVERY_PROGRAMME = pytest.mark.parametrize("programme", all_programmes(PACKAGED), ids=lambda programme: programme.id)


@EVERY_PROGRAMME
def test_a_family_can_be_met_in_a_library_in_every_programme(programme: Programme) -> None:
    codes = [channel.code for channel in channels(programme, PACKAGED)]

    assert {"library", "playground", "community-centre", "supermarket", "street", "other-place"} <= set(codes)
    assert len(codes) == len(set(codes))


def test_what_a_programme_names_itself_stands_first_and_keeps_its_own_words() -> None:
    toukomst = latest("kansen-voor-kinderen-toukomst", PACKAGED)

    found = channels(toukomst, PACKAGED)

    assert found[: len(toukomst.outreach)] == toukomst.outreach
    assert [each.name for each in found if each.code == "other-place"] == ["Andere plaats"]


def test_the_places_of_all_programmes_are_told_in_the_language_of_the_programme() -> None:
    english = in_language(latest("kansrijk-groningen", PACKAGED), "en", PACKAGED)

    names = {channel.code: channel.name for channel in channels(english, PACKAGED)}

    assert names["library"] == "Library"
    assert names["food-bank"] == "Food bank"


def test_a_place_of_all_programmes_is_no_partner_and_no_sign_up() -> None:
    groningen = latest("kansrijk-groningen", PACKAGED)

    common = channels(groningen, PACKAGED)[len(groningen.outreach) :]

    assert {channel.kind for channel in common} == {ChannelKind.PLACE}


def test_a_municipality_has_its_own_places_or_those_of_the_software(tmp_path: Path) -> None:
    assert common_places(tmp_path) == common_places(PACKAGED)

    (tmp_path / FILE_NAME).write_text('places = [{ code = "market", nl = "Markt", en = "Market" }]')

    assert [place.nl for place in common_places(tmp_path)] == ["Markt"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('places = [{ code = "market", nl = "Markt" }]', r"places\[0\]\.en: Field required"),
        (
            'places = [{ code = "a", nl = "A", en = "A" }, { code = "a", nl = "B", en = "B" }]',
            r"places\[1\]: `a` stands here before",
        ),
        ("places = [", "is not valid TOML"),
    ],
)
def test_a_wrong_file_of_places_is_refused_with_its_place_and_reason(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / FILE_NAME).write_text(text)

    with pytest.raises(ProgrammeError, match=reason):
        common_places(tmp_path)
