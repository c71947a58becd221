"""The division of people over families, against trying out every division there is."""

from collections.abc import Mapping, Sequence
from itertools import product
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from services.matching.domain.assignment import Seeker, assign
from services.shared.types import stable_id

BEST_FIT = 9
SUPPORTERS = [stable_id("supporter", number) for number in range(2)]
BUDDIES = [stable_id("buddy", number) for number in range(3)]

Pairs = Mapping[UUID, tuple[UUID, UUID]]


def _worth(seekers: Sequence[Seeker], pairs: Pairs) -> tuple[int, tuple[bool, ...], int]:
    """What a division is compared by: families served, the first in line among them, fit."""
    served = tuple(seeker.id in pairs for seeker in seekers)
    fits = sum(
        seeker.supporters[pairs[seeker.id][0]] + seeker.buddies[pairs[seeker.id][1]]
        for seeker in seekers
        if seeker.id in pairs
    )
    return sum(served), served, fits


def _keeps_to_places(pairs: Pairs, places: Mapping[UUID, int]) -> bool:
    taken = [person for pair in pairs.values() for person in pair]
    return all(taken.count(person) <= room for person, room in places.items())


def _best(seekers: Sequence[Seeker], places: Mapping[UUID, int]) -> tuple[int, tuple[bool, ...], int]:
    choices = [[None, *product(seeker.supporters, seeker.buddies)] for seeker in seekers]
    divisions = (
        {seeker.id: pair for seeker, pair in zip(seekers, division, strict=True) if pair is not None}
        for division in product(*choices)
    )
    return max(_worth(seekers, pairs) for pairs in divisions if _keeps_to_places(pairs, places))


@st.composite
def _situations(draw: st.DrawFn) -> tuple[list[Seeker], dict[UUID, int]]:
    def fits(people: list[UUID]) -> dict[UUID, int]:
        return draw(st.dictionaries(st.sampled_from(people), st.integers(0, BEST_FIT)))

    seekers = [
        Seeker(id=stable_id("family", number), supporters=fits(SUPPORTERS), buddies=fits(BUDDIES))
        for number in range(draw(st.integers(0, 4)))
    ]
    return seekers, {person: draw(st.integers(0, 2)) for person in (*SUPPORTERS, *BUDDIES)}


@given(_situations())
@settings(max_examples=150, deadline=None)
def test_no_division_serves_more_families_or_the_first_in_line_better(
    situation: tuple[list[Seeker], dict[UUID, int]],
) -> None:
    seekers, places = situation

    pairs = assign(seekers, places, best_fit=BEST_FIT)

    assert _keeps_to_places(pairs, places)
    assert _worth(seekers, pairs) == _best(seekers, places)


def test_a_buddy_whom_only_one_family_can_have_is_kept_for_it() -> None:
    """The first family fits the only Arabic-speaking buddy best, but has another; the second has nobody else."""
    first = Seeker(id=stable_id("family", 1), supporters={SUPPORTERS[0]: 5}, buddies={BUDDIES[0]: 9, BUDDIES[1]: 1})
    second = Seeker(id=stable_id("family", 2), supporters={SUPPORTERS[0]: 5}, buddies={BUDDIES[0]: 2})

    pairs = assign([first, second], {SUPPORTERS[0]: 2, BUDDIES[0]: 1, BUDDIES[1]: 1}, best_fit=BEST_FIT)

    assert pairs == {first.id: (SUPPORTERS[0], BUDDIES[1]), second.id: (SUPPORTERS[0], BUDDIES[0])}


def test_two_hundred_families_are_divided_within_seconds_and_always_the_same() -> None:
    buddies = [stable_id("buddy", number) for number in range(60)]
    seekers = [
        Seeker(
            id=stable_id("family", number),
            supporters={person: (number + place) % 10 for place, person in enumerate(SUPPORTERS)},
            buddies={person: (number * place) % 10 for place, person in enumerate(buddies) if (number + place) % 3},
        )
        for number in range(200)
    ]
    places = dict.fromkeys(SUPPORTERS, 90) | dict.fromkeys(buddies, 3)

    pairs = assign(seekers, places, best_fit=BEST_FIT)

    assert len(pairs) == 180
    assert pairs == assign(seekers, places, best_fit=BEST_FIT)
