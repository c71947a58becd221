"""One matching round: what each waiting family may choose from, and why a family gets nothing this time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.matching.domain.assignment import Seeker, assign
from services.matching.domain.people import Load, Obstacle, Person, Request, Rules, best_fit, fit, obstacles, reasons
from services.matching.events import TandemPart
from services.shared.types import Code


@dataclass(frozen=True, kw_only=True)
class Option:
    """A tandem that a family may choose."""

    supporter_id: UUID
    buddy_id: UUID
    reasons: tuple[Code, ...]


@dataclass(frozen=True, kw_only=True)
class Proposals:
    """What one family hears: options, best first, or why there are none."""

    request: Request
    options: tuple[Option, ...] = ()
    unmatched: tuple[Obstacle, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Round:
    """What a round looks at; `requests` stand in the order of their turn."""

    on: date
    requests: Sequence[Request]
    people: Sequence[Person]
    load: Load
    declined: Mapping[UUID, frozenset[UUID]]
    rules: Mapping[int, Rules]


@dataclass
class _Table:
    """Who may sit with whom, and the places that are left."""

    round: Round
    people: dict[UUID, Person]
    places: dict[UUID, int]
    seekers: dict[UUID, Seeker]

    def rules(self, request: Request) -> Rules:
        return self.round.rules[request.programme_version]

    def option(self, request: Request, supporter_id: UUID, buddy_id: UUID) -> Option:
        supporter, buddy = self.people[supporter_id], self.people[buddy_id]
        why = reasons(supporter, buddy, request, on=self.round.on)
        return Option(supporter_id=supporter_id, buddy_id=buddy_id, reasons=why)

    def free(self, fits: Mapping[UUID, int], taken: set[UUID]) -> UUID | None:
        """The person with a place left who fits best and is not on offer to this family yet."""
        candidates = [person for person in fits if person not in taken and self.places[person] > 0]
        return min(candidates, key=lambda person: (-fits[person], person), default=None)


def hold(round_: Round) -> tuple[Proposals, ...]:
    """Divide the people over the families that wait.

    Every family that can be served gets one option first; only places that are still left then become second and
    third options, so that no family waits for another one's choice. An option holds a place of both people, once a
    family, so that nobody's last place is promised twice.
    """
    table = _seat(round_)
    rules = list(round_.rules.values())
    first = assign(
        list(table.seekers.values()),
        table.places,
        best_fit=max((best_fit(each) for each in rules), default=0),
        in_order=any(each.waiting_counts for each in rules),
    )
    for pair in first.values():
        for person in pair:
            table.places[person] -= 1
    options = {
        request.trajectory_id: [table.option(request, *first[request.trajectory_id])]
        for request in round_.requests
        if request.trajectory_id in first
    }
    most = max((each.options for each in rules), default=1)
    for count in range(2, most + 1):
        for request in round_.requests:
            offered = options.get(request.trajectory_id)
            if offered is not None and len(offered) < count <= table.rules(request).options:
                another = _another(table, request, offered)
                if another is not None:
                    offered.append(another)
    return tuple(
        Proposals(request=request, options=tuple(options[request.trajectory_id]))
        if request.trajectory_id in options
        else Proposals(request=request, unmatched=_why_nobody(table, request))
        for request in round_.requests
    )


def _seat(round_: Round) -> _Table:
    seekers = {}
    for request in round_.requests:
        rules = round_.rules[request.programme_version]
        declined = round_.declined.get(request.family_id, frozenset())
        fits: dict[TandemPart, dict[UUID, int]] = {part: {} for part in TandemPart}
        for person in round_.people:
            if not obstacles(person, request, rules, declined=declined, on=round_.on):
                fits[person.part][person.id] = fit(person, request, rules)
        seekers[request.trajectory_id] = Seeker(
            id=request.trajectory_id, supporters=fits[TandemPart.SUPPORTER], buddies=fits[TandemPart.BUDDY]
        )
    # Where versions differ on how many families a person may have, the strictest one holds.
    places = {
        person.id: min((rules.room(person, round_.load[person.id]) for rules in round_.rules.values()), default=0)
        for person in round_.people
    }
    return _Table(round_, {person.id: person for person in round_.people}, places, seekers)


def _another(table: _Table, request: Request, offered: list[Option]) -> Option | None:
    """One option more: another buddy beside the first supporter, or else another supporter beside the first buddy."""
    seeker = table.seekers[request.trajectory_id]
    buddy = table.free(seeker.buddies, {option.buddy_id for option in offered})
    if buddy is not None:
        table.places[buddy] -= 1
        return table.option(request, offered[0].supporter_id, buddy)
    supporter = table.free(seeker.supporters, {option.supporter_id for option in offered})
    if supporter is not None:
        table.places[supporter] -= 1
        return table.option(request, supporter, offered[0].buddy_id)
    return None


def _why_nobody(table: _Table, request: Request) -> tuple[Obstacle, ...]:
    """What kept the nearest people away: the rules that exclude those who miss the fewest of them."""
    declined = table.round.declined.get(request.family_id, frozenset())
    found: set[Obstacle] = set()
    for part in TandemPart:
        people = [person for person in table.round.people if person.part is part]
        misses = [
            obstacles(person, request, table.rules(request), declined=declined, on=table.round.on) for person in people
        ]
        fewest = min((len(missed) for missed in misses), default=0)
        if fewest == 0:
            # Somebody fits, or there is nobody at all: what is missing is a place.
            if not any(table.places[person.id] for person, missed in zip(people, misses, strict=True) if not missed):
                found.add(Obstacle.NOBODY_FREE)
        else:
            found.update(obstacle for missed in misses if len(missed) == fewest for obstacle in missed)
    return tuple(sorted(found or {Obstacle.NOBODY_FREE}))
