"""What families hear after a round."""

from collections.abc import Sequence
from datetime import date

from services.matching.domain import Load, Obstacle, Person, Proposals, Request, Round, hold
from tests.matching.town import RULES, TODAY, buddy, request, supporter, who


def _hold(requests: Sequence[Request], people: Sequence[Person], load: Load | None = None) -> tuple[Proposals, ...]:
    return hold(
        Round(
            on=TODAY,
            requests=requests,
            people=people,
            load=dict.fromkeys((person.id for person in people), 0) | (load or {}),
            declined={},
            rules={1: RULES},
        )
    )


def test_a_family_chooses_from_three_tandems_the_best_first() -> None:
    fatima = buddy("Fatima", themes=("money", "parenting"))
    others = [buddy("Ali", themes=("money",)), buddy("Bea", themes=()), buddy("Cor", themes=(), languages=("nl",))]

    (heard,) = _hold([request("El Amrani")], [supporter("Henk"), fatima, *others])

    assert [option.buddy_id for option in heard.options][:2] == [who("Fatima"), who("Ali")]
    assert len(heard.options) == 3


def test_every_family_has_an_option_before_anybody_has_a_second() -> None:
    families = [request("El Amrani", requested_on=date(2023, 2, 1)), request("Jansen"), request("Yilmaz")]
    buddies = [buddy("Fatima", capacity=1), buddy("Ali", capacity=1), buddy("Bea", capacity=1)]

    heard = _hold(families, [supporter("Henk"), *buddies])

    assert [len(proposals.options) for proposals in heard] == [1, 1, 1]
    assert len({proposals.options[0].buddy_id for proposals in heard}) == 3


def test_a_last_place_is_promised_to_one_family_only() -> None:
    families = [request("El Amrani", requested_on=date(2023, 2, 1)), request("Jansen")]

    first, second = _hold(families, [supporter("Henk"), buddy("Fatima", capacity=2)], {who("Fatima"): 1})

    assert [option.buddy_id for option in first.options] == [who("Fatima")]
    assert second.unmatched == (Obstacle.NOBODY_FREE,)


def test_a_familys_options_take_a_supporters_place_once() -> None:
    buddies = [buddy("Fatima"), buddy("Ali")]

    first, second = _hold([request("El Amrani"), request("Jansen")], [supporter("Henk", capacity=2), *buddies])

    assert {option.supporter_id for option in (*first.options, *second.options)} == {who("Henk")}
    assert (len(first.options), len(second.options)) == (2, 2)


def test_a_family_without_a_match_hears_what_was_missing() -> None:
    people = [supporter("Henk"), buddy("Fatima", languages=("ar",)), buddy("Ali", languages=("pl",), trainings=())]

    (heard,) = _hold([request("Tesfay", languages=("ti",))], people)

    assert heard.options == ()
    assert heard.unmatched == (Obstacle.NO_SHARED_LANGUAGE,)


def test_a_town_without_buddies_has_nobody_free() -> None:
    (heard,) = _hold([request("El Amrani")], [supporter("Henk")])

    assert heard.unmatched == (Obstacle.NOBODY_FREE,)


def test_a_round_without_families_proposes_nothing() -> None:
    assert _hold([], [supporter("Henk"), buddy("Fatima")]) == ()
