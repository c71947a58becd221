"""The families of the town, as they are on the day they are first met."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from uuid import UUID

from programmes.schema import ChildrenRule, EarlyChildhoodRule, IncomeBand, Programme
from services.intake.commands import Address, Contact, Member, MemberRole
from services.shared.calendar import next_working_day
from services.shared.types import Code
from simulation.town import names, rates
from simulation.town.chance import Chance, day_between, one_of, some_of

DAYS_A_YEAR = 365
OUTSIDE_AREA = "outside-the-programme"


@dataclass(frozen=True, kw_only=True)
class Meeting:
    """One time that a family is met: it leads to a signal."""

    signal_id: UUID
    on: date
    channel: Code


@dataclass(frozen=True, kw_only=True)
class Household:
    """One family. `key` names it in the town only; the software gives it an id of its own."""

    key: str
    meetings: tuple[Meeting, ...]
    address: Address
    contact: Contact
    members: tuple[Member, ...]
    expected_births: tuple[date, ...]
    themes: tuple[Code, ...]
    urgent_needs: tuple[Code, ...]
    income_band: IncomeBand

    @property
    def name(self) -> str:
        """How the first parent is called."""
        first = self.members[0]
        return " ".join(part for part in (first.given_name, first.prefix, first.surname) if part)


def households(programme: Programme, chance: Chance, count: int) -> tuple[Household, ...]:
    """So many families, in the order in which they are first met."""
    made = [_household(programme, chance, number) for number in range(1, count + 1)]
    return tuple(sorted(made, key=lambda household: (household.meetings[0].on, household.key)))


def address_in(programme: Programme, area: Code, stream: Random) -> Address:
    """An address in one of the programme's areas, or outside all of them."""
    codes = [known.code for known in programme.areas]
    number = codes.index(area) if area in codes else len(codes)
    return Address(
        area=area,
        street=names.street(stream),
        house_number=str(stream.randint(1, 240)),
        postcode=names.postcode(stream, programme.territory.code, number),
        city=names.place_of(programme.territory.code)[0],
    )


def _household(programme: Programme, chance: Chance, number: int) -> Household:
    key = f"family-{number}"
    met_on = _first_met(programme, chance, key)
    first_on = chance.stream(key, "who")
    members, births = _people(programme, first_on, met_on)
    return Household(
        key=key,
        meetings=_meetings(programme, chance, key, met_on),
        address=address_in(programme, _area(programme, chance, key, met_on), chance.stream(key, "address")),
        contact=_contact(programme, chance.stream(key, "contact"), members[0], number),
        members=members,
        expected_births=births,
        themes=some_of(chance.stream(key, "themes"), [domain.code for domain in programme.goal_domains], 2, 4),
        urgent_needs=_urgent_needs(programme, chance, key),
        income_band=one_of(chance.stream(key, "income"), rates.INCOME),
    )


def _first_met(programme: Programme, chance: Chance, key: str) -> date:
    period = programme.period
    days = int((period.last_day - period.start).days * rates.SIGNALS_IN_SHARE_OF_PERIOD)
    first = period.start + timedelta(days=1)
    return next_working_day(day_between(chance.stream(key, "met"), first, first + timedelta(days=days)))


def _meetings(programme: Programme, chance: Chance, key: str, met_on: date) -> tuple[Meeting, ...]:
    channels = [channel.code for channel in programme.outreach]
    days = [met_on]
    if chance.happens(rates.MET_TWICE, key, "met twice"):
        days.append(next_working_day(met_on + chance.days(60, 200, key, "met again")))
    return tuple(
        Meeting(
            signal_id=chance.identifier(programme.id, "signal", key, number),
            on=day,
            channel=chance.stream(key, "channel", number).choice(channels),
        )
        for number, day in enumerate(days, start=1)
        if day <= programme.period.last_day
    )


def _area(programme: Programme, chance: Chance, key: str, met_on: date) -> Code:
    if chance.happens(rates.OUTSIDE_THE_AREAS, key, "outside"):
        return OUTSIDE_AREA
    open_now = {
        area.code: 3 if area.extra_attention else 2
        for area in programme.areas
        if (area.open_from or programme.period.start) <= met_on
    }
    return one_of(chance.stream(key, "area"), open_now)


def _people(programme: Programme, stream: Random, on: date) -> tuple[tuple[Member, ...], tuple[date, ...]]:
    prefix, last = names.prefix(stream), names.surname(stream)
    early_start = any(isinstance(rule, EarlyChildhoodRule) for rule in programme.eligibility)
    parents = 1 if stream.random() < rates.ONE_PARENT else 2
    members = [
        Member(
            role=MemberRole.PARENT,
            given_name=names.given_name(stream),
            prefix=prefix if number == 0 else names.prefix(stream),
            surname=last if number == 0 else names.surname(stream),
            birth_date=on - timedelta(days=stream.randint(*(DAYS_A_YEAR * age for age in rates.PARENT_AGE_YEARS))),
        )
        for number in range(parents)
    ]
    expects = stream.random() < (rates.EXPECTS_A_BIRTH_EARLY_START if early_start else rates.EXPECTS_A_BIRTH)
    births = (on + timedelta(days=stream.randint(*rates.DAYS_TO_BIRTH)),) if expects else ()
    children = 0 if early_start and expects and stream.random() < 0.5 else _child_count(programme, stream)
    for number in range(children):
        young = early_start and number == 0 and not expects
        age = rates.YOUNG_CHILD_DAYS if young else (30, DAYS_A_YEAR * _child_years_max(programme))
        members.append(
            Member(
                role=MemberRole.CHILD,
                given_name=names.given_name(stream),
                prefix=prefix,
                surname=last,
                birth_date=on - timedelta(days=stream.randint(*age)),
            )
        )
    return tuple(members), births


def _child_count(programme: Programme, stream: Random) -> int:
    """Programmes for large families look for them."""
    wanted = max((rule.minimum for rule in programme.eligibility if isinstance(rule, ChildrenRule)), default=1)
    return max(wanted, one_of(stream, rates.CHILDREN))


def _child_years_max(programme: Programme) -> int:
    limits = [rule.younger_than_years for rule in programme.eligibility if isinstance(rule, ChildrenRule)]
    return min([rates.CHILD_AGE_YEARS_MAX, *(limit - 1 for limit in limits)])


def _contact(programme: Programme, stream: Random, parent: Member, number: int) -> Contact:
    languages = [language.code for language in programme.languages]
    others = [code for code in languages if code != "nl"]
    first = "nl" if stream.random() < rates.SPEAKS_DUTCH or not others else stream.choice(others)
    spoken = (first,) if first == "nl" or stream.random() > rates.SPEAKS_DUTCH_TOO else (first, "nl")
    return Contact(
        phone=names.phone(stream),
        email=names.email(parent.given_name, parent.surname, number) if stream.random() < 0.6 else None,
        languages=spoken,
        interpreter="nl" not in spoken,
    )


def _urgent_needs(programme: Programme, chance: Chance, key: str) -> tuple[Code, ...]:
    urgent = [category.code for category in programme.categories if category.urgent_allowed]
    if not urgent or not chance.happens(rates.URGENT_NEED, key, "urgent"):
        return ()
    return (chance.stream(key, "urgent need").choice(urgent),)
