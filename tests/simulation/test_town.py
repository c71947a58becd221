"""The town is the same for the same seed, fits its programme, and its people do not disturb each other's chance."""

from collections import Counter

import pytest

from programmes.load import latest
from programmes.schema import Programme
from services.intake.commands import MemberRole
from services.shared.calendar import is_working_day
from simulation.town.chance import Chance
from simulation.town.town import build_town
from simulation.town.workers import STAFF

FIVE = (
    "kansen-voor-kinderen-groningen",
    "kansen-voor-kinderen-toukomst",
    "kansrijk-groningen",
    "kansrijk-opgroeien-coevorden",
    "kansrijke-start-groningen",
)


@pytest.fixture
def programme() -> Programme:
    return latest("kansen-voor-kinderen-groningen")


def test_the_same_seed_makes_the_same_town(programme: Programme) -> None:
    assert build_town(programme, Chance(7), 20) == build_town(programme, Chance(7), 20)


def test_another_seed_makes_another_town(programme: Programme) -> None:
    one, other = build_town(programme, Chance(7), 20), build_town(programme, Chance(8), 20)
    assert {each.name for each in one.households} != {each.name for each in other.households}


def test_one_more_family_changes_nothing_for_the_others(programme: Programme) -> None:
    few = {each.key: each for each in build_town(programme, Chance(7), 10).households}
    more = {each.key: each for each in build_town(programme, Chance(7), 11).households}
    assert all(more[key] == household for key, household in few.items())


def test_drawing_in_one_place_leaves_another_place_alone() -> None:
    chance = Chance(7)
    before = chance.stream("family-1", "moves").random()
    for _ in range(100):
        chance.stream("family-2", "moves").random()
    assert chance.stream("family-1", "moves").random() == before


@pytest.mark.parametrize("programme_id", FIVE)
def test_every_programme_gets_a_town_of_its_own(programme_id: str) -> None:
    programme = latest(programme_id)
    town = build_town(programme, Chance(1), 20)
    areas = {area.code for area in programme.areas}
    assert len(town.households) == 20
    assert sum(household.address.area in areas for household in town.households) >= 15
    assert all(is_working_day(household.meetings[0].on) for household in town.households)
    met_through = {meeting.channel for household in town.households for meeting in household.meetings}
    assert met_through <= {channel.code for channel in programme.outreach}, "the places of all would change every town"
    assert all(programme.period.start < each.meetings[0].on < programme.period.last_day for each in town.households)
    assert all(any(m.role is MemberRole.PARENT for m in household.members) for household in town.households)


def test_there_are_enough_people_for_the_families(programme: Programme) -> None:
    town = build_town(programme, Chance(3), 50)
    assert sum(person.capacity for person in town.supporters) >= 50
    assert sum(person.capacity for person in town.buddies) >= 50
    roles = Counter(role for worker in town.workers for role in worker.roles)
    assert all(roles[role] == count for role, count in STAFF.items())


def test_nobody_has_an_id_twice(programme: Programme) -> None:
    town = build_town(programme, Chance(3), 50)
    ids = [worker.person for worker in town.workers] + [buddy.person_id for buddy in town.buddies]
    ids += [meeting.signal_id for household in town.households for meeting in household.meetings]
    assert len(ids) == len(set(ids))


def test_a_working_day_finds_most_colleagues_at_work(programme: Programme) -> None:
    town = build_town(programme, Chance(3), 50)
    away = sum(not worker.is_there(programme.period.start.replace(month=7, day=10)) for worker in town.workers)
    assert away < len(town.workers) / 2
