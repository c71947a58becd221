"""Who works in the programme: professionals with their roles, and supporters and buddies who are matched."""

from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from uuid import UUID

from programmes.schema import Programme
from services.matching.commands import RegisterPerson
from services.matching.events import TandemPart
from services.shared.calendar import add_months
from services.shared.roles import Role
from simulation.town import rates
from simulation.town.chance import Chance, some_of

STAFF = {
    Role.OUTREACH_WORKER: 3,
    Role.TEAM_COORDINATOR: 3,
    Role.MATCHER: 1,
    Role.BUDGET_HOLDER: 3,
    Role.PAYMENT_RELEASER: 3,
    Role.CONTROLLER: 2,
    Role.PROGRAMME_MANAGER: 3,
    Role.PRIVACY_OFFICER: 1,
}
"""So many people of each role: enough that four eyes hold also when one of them is away."""

HOLIDAY_DAYS = (9, 23)
MONTHS_BETWEEN_HOLIDAYS = 6
TRANSLATORS = 2
"""Buddies for every language that families speak: a family is not left alone for its language."""


@dataclass(frozen=True, kw_only=True)
class Away:
    """Somebody is not there from a day until (not including) another."""

    start: date
    end: date


@dataclass(frozen=True, kw_only=True)
class Worker:
    """One person who works in the programme. `number` orders colleagues of one role."""

    person: UUID
    roles: tuple[Role, ...]
    number: int
    away: tuple[Away, ...]

    def is_there(self, day: date) -> bool:
        return not any(away.start <= day < away.end for away in self.away)


def staff(programme: Programme, chance: Chance, supporters: tuple[RegisterPerson, ...]) -> tuple[Worker, ...]:
    """Everybody with a role in the software: the staff, and the supporters among the matched."""
    people = [
        (chance.identifier(programme.id, role, number), role, number)
        for role, count in STAFF.items()
        for number in range(1, count + 1)
    ]
    people += [(person.person_id, Role.SUPPORTER, number) for number, person in enumerate(supporters, start=1)]
    return tuple(
        Worker(person=person, roles=(role,), number=number, away=_holidays(programme, chance, person))
        for person, role, number in people
    )


def supporters(programme: Programme, chance: Chance, families: int) -> tuple[RegisterPerson, ...]:
    """The professionals, one of whom is the fixed contact of each family; they work in all areas."""
    count = ceil(families / programme.tandem.families_per_supporter) + rates.SPARE_SUPPORTERS
    return tuple(
        RegisterPerson(
            person_id=chance.identifier(programme.id, "supporter", number),
            programme=programme.id,
            part=TandemPart.SUPPORTER,
            areas=tuple(area.code for area in programme.areas),
            # Professionals work with an interpreter where they do not speak a family's language.
            languages=tuple(language.code for language in programme.languages),
            themes=some_of(
                chance.stream("supporter", number, "themes"), [domain.code for domain in programme.goal_domains], 3, 6
            ),
            capacity=programme.tandem.families_per_supporter,
        )
        for number in range(1, count + 1)
    )


def buddies(programme: Programme, chance: Chance, families: int) -> tuple[RegisterPerson, ...]:
    """The buddies: mostly from one or two areas, with the languages and themes of their own lives."""
    wanted = families * rates.BUDDIES_FOR_FAMILIES / programme.tandem.families_per_buddy
    count = ceil(wanted) + rates.SPARE_BUDDIES
    others = [language.code for language in programme.languages if language.code != "nl"]
    made = [_buddy(programme, chance, number, None) for number in range(1, count + 1)]
    translators = range(1, TRANSLATORS + 1)
    return (*made, *(_buddy(programme, chance, number, language) for language in others for number in translators))


def _buddy(programme: Programme, chance: Chance, number: int, language: str | None) -> RegisterPerson:
    place = ("buddy", language or "any", number)
    stream = chance.stream(*place)
    others = [known.code for known in programme.languages if known.code != "nl"]
    areas = [area.code for area in programme.areas]
    languages = ["nl"] if language is None else ["nl", language]
    if language is None and others and stream.random() < rates.BUDDY_SPEAKS_OTHER_LANGUAGE:
        languages.append(stream.choice(others))
    low, high = rates.VOG_YEARS
    return RegisterPerson(
        person_id=chance.identifier(programme.id, *place),
        programme=programme.id,
        part=TandemPart.BUDDY,
        areas=tuple(areas) if language else some_of(stream, areas, 1, max(2, len(areas) // 2)),
        languages=tuple(languages),
        themes=some_of(stream, [domain.code for domain in programme.goal_domains], 2, 4),
        trainings=tuple(training.code for training in programme.training if training.required or stream.random() < 0.5),
        vog_until=add_months(programme.period.start, stream.randint(low * 12, high * 12)),
        capacity=programme.tandem.families_per_buddy,
    )


def _holidays(programme: Programme, chance: Chance, person: UUID) -> tuple[Away, ...]:
    """A holiday every half year."""
    holidays = []
    for months in range(3, 12 * 10, MONTHS_BETWEEN_HOLIDAYS):
        start = add_months(programme.period.start, months) + chance.days(0, 60, person, "holiday", months)
        if start > programme.period.last_day:
            break
        length = chance.days(*HOLIDAY_DAYS, person, "holiday length", months)
        holidays.append(Away(start=start, end=start + max(length, timedelta(days=1))))
    return tuple(holidays)
