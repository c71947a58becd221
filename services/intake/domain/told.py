"""Reads each step of an intake as it was typed: what it says, and what is wrong with it, field by field.

What was typed is kept as it stands, also when it is wrong: nobody loses what they wrote. Dates are typed the Dutch way.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ValidationError

from programmes.schema import IncomeBand, IncomeRule, Programme
from services.intake.commands import (
    EXPECTED_MAX,
    MEMBERS_MAX,
    Address,
    Contact,
    Member,
    MemberRole,
)
from services.intake.domain.outreach import number_fault
from services.shared.calendar import add_months
from services.shared.types import Code

OLDEST_YEARS = 120
BIRTH_AHEAD_MONTHS = 10
"""A due date lies at most so far ahead."""
BIRTH_PASSED_DAYS = 31
"""And at most so long ago: a child that is late, or was born and is not told of yet."""
MONTHS_A_YEAR = 12
LANGUAGES_TOLD = 2
OTHER_LANGUAGE: Code = "other"
"""A language that is in none of a programme's lists."""

_DATE = re.compile(r"^(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})$|^(\d{2})(\d{2})(\d{4})$")
_NAMED_DATE = re.compile(r"^(\d{1,2})[- ]([a-z]{3,9})\.?[- ](\d{4})$")
_MONTHS = ("jan", "feb", "maa", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec")
"""How the names of months begin; also as they are shortened or said in English."""
_OTHER_NAMES = {"mrt": "maa", "mar": "maa", "may": "mei", "oct": "okt"}
_ISO_DATE = re.compile(r"^(\d{4})-(\d{2})-(\d{2})$")

Told = Mapping[str, Any]
"""One step as it was typed: texts, and lists and groups of texts."""


class Step(StrEnum):
    """The steps of an intake in their order, by their names in an address."""

    CONSENT = "toestemming"
    HOUSEHOLD = "gezin"
    CONTACT = "bereiken"
    WISHES = "wensen"
    BSN = "bsn"
    FIT = "programmas"
    CHECK = "controle"


@dataclass(frozen=True)
class Fault:
    """Something that is wrong with one field of a step."""

    step: Step
    field: str
    code: Code


@dataclass(frozen=True, kw_only=True)
class Household:
    members: tuple[Member, ...] = ()
    expected_births: tuple[date, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Reached:
    address: Address | None = None
    contact: Contact | None = None


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What weighs most stands first."""

    themes: tuple[Code, ...] = ()
    urgent_needs: tuple[Code, ...] = ()
    income_band: IncomeBand | None = None


@dataclass
class Reading[T]:
    """What a step says, as far as it can be read, and what is wrong with it."""

    value: T
    faults: list[Fault] = field(default_factory=list)


def read_date(typed: str) -> date | None:
    """31-12-2015, 31/12/2015, 31122015, 31 december 2015 or 2015-12-31; None for what is no day."""
    text = typed.strip().lower()
    if found := _ISO_DATE.match(text):
        year, month, day = (int(part) for part in found.groups())
    elif found := _DATE.match(text):
        day, month, year = (int(part) for part in found.groups() if part is not None)
    elif (found := _NAMED_DATE.match(text)) and (name := _month(found[2])) in _MONTHS:
        day, month, year = int(found[1]), _MONTHS.index(name) + 1, int(found[3])
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _month(typed: str) -> str:
    start = typed[:3]
    return _OTHER_NAMES.get(start, start)


def consents_told(programme: Programme, told: Told) -> Reading[dict[Code, bool]]:
    """Purpose: whether the family agrees. Each is asked, for a question that was passed over is no answer."""
    answers = told.get("answers", {})
    reading: Reading[dict[Code, bool]] = Reading({})
    for purpose in programme.intake.consents:
        match answers.get(purpose.code):
            case "given":
                reading.value[purpose.code] = True
            case "refused":
                reading.value[purpose.code] = False
            case _:
                reading.faults.append(Fault(Step.CONSENT, f"consent-{purpose.code}", "consent-not-asked"))
    return reading


def household_told(told: Told, *, today: date) -> Reading[Household]:
    """The people of a household. A child without a surname has that of the first parent."""
    faults: list[Fault] = []
    rows: Sequence[Mapping[str, str]] = told.get("members", [])
    first = next((row for row in rows if row.get("role") == MemberRole.PARENT and row.get("surname")), {})
    members = []
    for number, row in enumerate(rows[:MEMBERS_MAX], start=1):
        if is_empty(row):
            continue
        filled = dict(row)
        if not filled.get("surname") and filled.get("role") == MemberRole.CHILD:
            filled |= {"surname": first.get("surname", ""), "prefix": first.get("prefix", "")}
        if member := _member(filled, number, today, faults):
            members.append(member)
    if not any(row.get("role") == MemberRole.PARENT and not is_empty(row) for row in rows):
        faults.append(Fault(Step.HOUSEHOLD, "given_name-1", "parent-missing"))
    births = []
    for number, typed in enumerate(told.get("expected", [])[:EXPECTED_MAX], start=1):
        if not typed.strip():
            continue
        due_on = read_date(typed)
        if due_on is None:
            faults.append(Fault(Step.HOUSEHOLD, f"expected-{number}", "date-unreadable"))
        elif due_on > add_months(today, BIRTH_AHEAD_MONTHS) or (today - due_on).days > BIRTH_PASSED_DAYS:
            faults.append(Fault(Step.HOUSEHOLD, f"expected-{number}", "due-date-unlikely"))
        else:
            births.append(due_on)
    return Reading(Household(members=tuple(members), expected_births=tuple(births)), faults)


def is_empty(row: Mapping[str, str]) -> bool:
    """Nobody was filled in on this row."""
    return not any(row.get(name, "").strip() for name in ("given_name", "prefix", "surname", "birth_date"))


def _member(row: Mapping[str, str], number: int, today: date, faults: list[Fault]) -> Member | None:
    """One person, or None with the faults of the row."""
    wrong = []
    for name, code in (("given_name", "name-missing"), ("surname", "surname-missing")):
        if not row.get(name, "").strip():
            wrong.append(Fault(Step.HOUSEHOLD, f"{name}-{number}", code))
    born = read_date(row.get("birth_date", ""))
    place = f"birth_date-{number}"
    if born is None:
        code = "date-unreadable" if row.get("birth_date", "").strip() else "birth-date-missing"
        wrong.append(Fault(Step.HOUSEHOLD, place, code))
    elif born > today:
        wrong.append(Fault(Step.HOUSEHOLD, place, "birth-in-the-future"))
    elif born < add_months(today, -OLDEST_YEARS * MONTHS_A_YEAR):
        wrong.append(Fault(Step.HOUSEHOLD, place, "birth-too-long-ago"))
    if not wrong:
        try:
            return Member.model_validate({**row, "birth_date": born})
        except ValidationError as error:
            wrong += [Fault(Step.HOUSEHOLD, f"{part['loc'][0]}-{number}", "too-long") for part in error.errors()]
    faults += wrong
    return None


def contact_told(told: Told) -> Reading[Reached]:
    """Where a family lives and how it is reached: by phone or by mail, whichever it has."""
    faults: list[Fault] = []
    # In the order of the form, so that what is wrong is read from top to bottom.
    address = {name: told.get(name, "").strip() for name in ("postcode", "house_number", "street", "city", "area")}
    address["postcode"] = re.sub(r"\s", "", address["postcode"]).upper()
    missing = {name for name, value in address.items() if not value}
    faults += [Fault(Step.CONTACT, name, f"{name.replace('_', '-')}-missing") for name in address if name in missing]
    where = None if missing else _checked(Address, address, faults)
    reached: dict[str, Any] = {
        "phone": re.sub(r"\(0\)|[().]", "", told.get("phone", "")).strip() or None,
        "email": told.get("email", "").strip() or None,
        "languages": tuple(dict.fromkeys(code for code in told.get("languages", ()) if code))[:LANGUAGES_TOLD],
        "interpreter": told.get("interpreter") == "yes",
        "channel": told.get("channel") or None,
        "moment": told.get("moment") or None,
    }
    if not reached["phone"] and not reached["email"]:
        faults.append(Fault(Step.CONTACT, "phone", "no-way-to-reach"))
    if number_fault(told.get("phone", "")) == "wrong-length":
        faults.append(Fault(Step.CONTACT, "phone", "phone-wrong-length"))
        # Told once: what it is not is told by its digits.
        reached["phone"] = None
    if not reached["languages"]:
        faults.append(Fault(Step.CONTACT, "language-1", "language-missing"))
        return Reading(Reached(address=where), faults)
    return Reading(Reached(address=where, contact=_checked(Contact, reached, faults)), faults)


def _checked[M: BaseModel](model: type[M], values: Mapping[str, Any], faults: list[Fault]) -> M | None:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        names = dict.fromkeys(str(part["loc"][0]) for part in error.errors())
        faults += [Fault(Step.CONTACT, name, f"{name.replace('_', '-')}-unreadable") for name in names]
        return None


def wishes_told(programme: Programme, told: Told) -> Reading[Wishes]:
    """What weighs most, in the family's own order: 1 is most; no two share a number."""
    faults: list[Fault] = []
    ranks: dict[int, Code] = {}
    for domain in programme.goal_domains:
        typed = str(told.get("ranks", {}).get(domain.code, "")).strip()
        if not typed:
            continue
        if not typed.isdecimal() or not 1 <= int(typed) <= len(programme.goal_domains):
            faults.append(Fault(Step.WISHES, f"rank-{domain.code}", "rank-unreadable"))
        elif int(typed) in ranks:
            faults.append(Fault(Step.WISHES, f"rank-{domain.code}", "rank-twice"))
        else:
            ranks[int(typed)] = domain.code
    if not ranks and not faults:
        faults.append(Fault(Step.WISHES, f"rank-{programme.goal_domains[0].code}", "theme-missing"))
    income = told.get("income", "")
    if asks_income(programme) and income not in set(IncomeBand):
        faults.append(Fault(Step.WISHES, "income", "income-missing"))
    known = urgent_needs_of(programme)
    value = Wishes(
        themes=tuple(ranks[rank] for rank in sorted(ranks)),
        urgent_needs=tuple(code for code in told.get("urgent", ()) if code in known),
        income_band=IncomeBand(income) if income in set(IncomeBand) else None,
    )
    return Reading(value, faults)


def asks_income(programme: Programme) -> bool:
    """Whether the income counts for coming in: otherwise it is nobody's business."""
    return any(isinstance(rule, IncomeRule) for rule in programme.eligibility)


def urgent_needs_of(programme: Programme) -> dict[Code, str]:
    """What can be helped with at once: code and Dutch name of the categories that may be asked urgently."""
    return {category.code: category.name for category in programme.categories if category.urgent_allowed}
