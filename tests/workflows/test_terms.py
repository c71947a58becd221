"""A trajectory keeps the terms of the version of its programme."""

from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest

from programmes.load import load, read
from programmes.schema import Programme
from services.intake.events import FamilyEnrolled
from tests.programmes.conftest import SIXTH
from tests.workflows.families import family_terms
from workflows.contracts import TrajectoryTerms
from workflows.terms import trajectory_terms

ON = date(2024, 3, 4)
SAID_NOWHERE_BEFORE = ("pause_talk_days", "pause_talks_maximum", "no_match_months")


def _terms(programme: Programme) -> TrajectoryTerms:
    enrolled = FamilyEnrolled(
        family_id=uuid4(),
        signal_id=uuid4(),
        trajectory_id=uuid4(),
        programme=programme.id,
        programme_version=programme.version,
        area=programme.areas[0].code,
        languages=("nl",),
        themes=("money",),
        enrolled_on=ON,
        children=2,
        from_waiting_list=False,
    )
    return trajectory_terms(programme, enrolled)


def test_a_municipality_says_how_long_a_family_waits_for_a_tandem_and_how_often_a_pause_is_talked_about(
    tmp_path: Path,
) -> None:
    said = "no-match-months = 6\npause-talks-maximum = 3\npause-talk-days = 7\npause-maximum-months ="
    file = tmp_path / "kansrijk-emmen" / "1.toml"
    file.parent.mkdir()
    file.write_text(SIXTH.read_text().replace("pause-maximum-months =", said))

    terms = _terms(read(file))

    assert (terms.no_match_months, terms.pause_talks_maximum, terms.pause_talk_days) == (6, 3, 7)


@pytest.mark.parametrize("term", SAID_NOWHERE_BEFORE)
def test_a_released_version_that_says_nothing_means_what_it_meant_when_families_began_under_it(term: str) -> None:
    released = _terms(load("kansen-voor-kinderen-groningen", 1))

    assert getattr(released, term) == getattr(family_terms(ON), term)
