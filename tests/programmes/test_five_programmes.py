"""The five programmes say what their sources say, and nothing that nobody answers for."""

from datetime import date

import pytest

from programmes.load import PACKAGED, all_programmes, content_hash, latest, load, versions
from programmes.origins import assumptions, without_origin
from programmes.releases import released
from programmes.rules import instalments, shares
from programmes.schema import BuddyPay, Ending, Programme
from services.shared.money import split_cents

FIVE = [
    "kansen-voor-kinderen-groningen",
    "kansen-voor-kinderen-toukomst",
    "kansrijk-groningen",
    "kansrijk-opgroeien-coevorden",
    "kansrijke-start-groningen",
]
EVERY_PROGRAMME = pytest.mark.parametrize("programme", all_programmes(), ids=lambda programme: programme.id)


def test_five_programmes_come_with_the_software() -> None:
    assert [programme.id for programme in all_programmes()] == FIVE


def test_groningen_spends_337_to_210_on_fifty_families_in_three_years() -> None:
    programme = latest("kansen-voor-kinderen-groningen")

    assert (programme.period.start, programme.period.last_day) == (date(2023, 1, 1), date(2025, 12, 31))
    assert programme.targets.families == 50
    assert programme.funding.total_cents == 547_000_00
    assert split_cents(547_000_00, shares(programme)) == {"npg": 337_000_00, "gemeente-groningen": 210_000_00}
    assert programme.tandem.buddy_pay is BuddyPay.PAID


def test_coevorden_learns_in_three_neighbourhoods_and_writes_the_council_in_september() -> None:
    programme = latest("kansrijk-opgroeien-coevorden")

    open_at_once = [area.code for area in programme.areas if area.open_from is None]
    assert open_at_once == ["poppenhare", "lootuinen", "tuindorp"]
    assert programme.reports.council_letter_month == 9
    assert [dimension.name for dimension in programme.reports.status_dimensions] == ["Kwaliteit", "Tijd", "Geld"]
    assert programme.period.last_day == date(2024, 12, 31)


def test_toukomst_gives_a_thousand_families_2500_euros_and_three_hours_for_one() -> None:
    programme = latest("kansen-voor-kinderen-toukomst")

    assert (programme.targets.families, programme.targets.children) == (1_000, 10_000)
    assert programme.family_budget.envelope_cents == 2_500_00
    assert programme.tandem.buddy_hours_per_professional_hour == 3
    met_at = {channel.code for channel in programme.outreach}
    assert met_at >= {
        "library",
        "playground",
        "child-health-clinic",
        "general-practitioner",
        "supermarket",
        "toy-library",
        "thrift-shop",
    }


def test_kansrijke_start_has_one_and_a_half_million_and_lasts_as_long_as_needed() -> None:
    programme = latest("kansrijke-start-groningen")

    assert programme.funding.total_cents == 1_500_000_00
    assert programme.funding.sources[0].amount_cents == 1_210_000_00
    assert programme.period.ending is Ending.AS_LONG_AS_NEEDED
    assert programme.trajectory.as_long_as_needed
    assert [area.code for area in programme.areas if area.extra_attention] == ["beijum", "lewenborg"]
    assert "period.horizon-months" in assumptions(programme)


def test_kansrijk_groningen_began_in_east_and_is_still_running() -> None:
    programme = latest("kansrijk-groningen")

    assert programme.period.ending is Ending.RUNNING
    assert {area.code: area.open_from for area in programme.areas} == {
        "beijum": None,
        "lewenborg": None,
        "selwerd": date(2021, 1, 1),
        "de-wijert": date(2021, 1, 1),
    }


@EVERY_PROGRAMME
def test_envelopes_and_budget_lines_use_the_whole_funding_to_the_cent(programme: Programme) -> None:
    envelopes = programme.targets.families * programme.family_budget.envelope_cents
    assert envelopes + sum(part.amount_cents for part in instalments(programme)) == programme.funding.total_cents


@EVERY_PROGRAMME
def test_every_value_has_a_ground_or_is_marked_as_an_assumption(programme: Programme) -> None:
    assert without_origin(programme) == ()
    assert assumptions(programme)


def test_a_released_version_has_not_changed_since() -> None:
    for (programme_id, version), digest in released(PACKAGED).items():
        assert content_hash(load(programme_id, version)) == digest


def test_every_version_that_ships_is_released() -> None:
    shipped = {(programme_id, version) for programme_id in FIVE for version in versions(programme_id)}
    assert shipped == set(released(PACKAGED))
