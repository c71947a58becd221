"""What goes along when a sign-up goes on in another programme: everything that means the same there.

A consent is for a purpose in words that the family heard: where the other programme says it differently, it is asked.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from programmes.schema import Programme
from services.intake.domain.told import LANGUAGES_TOLD, OTHER_LANGUAGE, Step, Told, urgent_needs_of
from services.shared.types import Code

SWITCHED: Code = "switched-programme"
"""Why a sign-up ended that goes on in another programme."""


def same_purposes(old: Programme, new: Programme) -> frozenset[Code]:
    """The purposes that both programmes ask consent for in the very same words."""
    there = {purpose.code: purpose.text for purpose in new.intake.consents}
    return frozenset(each.code for each in old.intake.consents if there.get(each.code) == each.text)


def carried(step: Code, told: Told, *, old: Programme, new: Programme) -> dict[str, Any]:
    """One step of an intake as the other programme asks it."""
    if step == Step.CONSENT:
        return _consents(told, same_purposes(old, new), new)
    if step == Step.CONTACT:
        return _contact(told, new)
    if step == Step.WISHES:
        return _wishes(told, new)
    return dict(told)


def written_date(day: date) -> str:
    """A day as it is typed in a form."""
    return f"{day.day}-{day.month}-{day.year}"


def ranked(themes: Iterable[Code], programme: Programme) -> dict[Code, str]:
    """What weighs most, in its order, as far as the programme has goals for it: 1 is most, no number left out."""
    known = {domain.code for domain in programme.goal_domains}
    return {code: str(rank) for rank, code in enumerate((each for each in themes if each in known), start=1)}


def _consents(told: Told, kept: frozenset[Code], new: Programme) -> dict[str, Any]:
    answers: Mapping[str, str] = told.get("answers", {})
    languages = {OTHER_LANGUAGE, *(each.code for each in new.languages)}
    language = told.get("language", "nl")
    return {
        "language": language if language in languages else new.languages[0].code,
        "words_in": told.get("words_in", ""),
        "answers": {code: answer for code, answer in answers.items() if code in kept},
    }


def _contact(told: Told, new: Programme) -> dict[str, Any]:
    areas = {area.code for area in new.areas}
    languages = {OTHER_LANGUAGE, *(each.code for each in new.languages)}
    area = told.get("area", "")
    spoken = [code for code in told.get("languages", ()) if code in languages]
    return dict(told) | {
        # An area of the one, or outside all of those, says nothing about the other's: then it is asked.
        "area": area if area in areas else "",
        "languages": [*spoken, ""][:LANGUAGES_TOLD],
    }


def _wishes(told: Told, new: Programme) -> dict[str, Any]:
    typed: Mapping[str, str] = told.get("ranks", {})
    in_order = sorted((int(rank), code) for code, rank in typed.items() if str(rank).isdecimal())
    return {
        "ranks": ranked((code for _, code in in_order), new),
        "urgent": [code for code in told.get("urgent", ()) if code in urgent_needs_of(new)],
        "income": told.get("income", ""),
    }
