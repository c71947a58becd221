"""Whether one person may work with one family, and how well they fit."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from programmes.schema import Programme
from services.matching.events import TandemPart
from services.shared.types import Code, Digest

CERTIFICATE_MARGIN = timedelta(days=30)
"""A certificate of conduct (VOG) must outlast choice and trial by this much: time to renew it without a break."""
LONG_WAITING = timedelta(days=28)
"""From here on a family hears that its turn came because it waited."""
FULL_FIT = 100

Load = dict[UUID, int]
"""With how many families each person is busy."""


class RequestState(StrEnum):
    WAITING = "waiting"
    PROPOSED = "proposed"
    TRIAL = "trial"
    MATCHED = "matched"
    WITHDRAWN = "withdrawn"


OPEN_REQUEST = (RequestState.WAITING, RequestState.PROPOSED, RequestState.TRIAL)


class TandemState(StrEnum):
    PROPOSED = "proposed"
    TRIAL = "trial"
    CONFIRMED = "confirmed"
    ENDED = "ended"


AT_WORK = (TandemState.TRIAL, TandemState.CONFIRMED)
HOLDING = (TandemState.PROPOSED, TandemState.TRIAL, TandemState.CONFIRMED)
"""A tandem in one of these states takes a place of its supporter and of its buddy."""


class Obstacle(StrEnum):
    """A hard rule that stands between a person and a family; also why a family was matched with nobody."""

    NOT_ACTIVE = "not-active"
    DECLINED_BEFORE = "declined-before"
    OTHER_AREA = "other-area"
    NO_SHARED_LANGUAGE = "no-shared-language"
    TRAINING_MISSING = "training-missing"
    NO_VALID_CERTIFICATE = "no-valid-certificate"
    NOBODY_FREE = "nobody-free"


@dataclass(frozen=True, kw_only=True)
class Person:
    """A supporter or a buddy; `capacity` counts families at the same time."""

    id: UUID
    programme: Code
    part: TandemPart
    areas: tuple[Code, ...]
    languages: tuple[Code, ...]
    themes: tuple[Code, ...]
    trainings: tuple[Code, ...]
    vog_until: date | None
    capacity: int
    active_from: date
    left_on: date | None
    team: Code | None = None


def person_digest(person: Person) -> Digest:
    """What people see and change of a person: another digest once somebody changed it."""
    words = [sorted(each) for each in (person.areas, person.languages, person.themes, person.trainings)]
    seen = (*words, person.vog_until, person.team, person.capacity)
    return hashlib.sha256(repr(seen).encode()).hexdigest()


def known_words(programme: Programme, person: Person | None = None) -> dict[str, frozenset[Code]]:
    """What can be said of somebody, by field: what the programme has now, and what the person already had."""
    known = {
        "areas": programme.areas,
        "languages": programme.languages,
        "themes": programme.goal_domains,
        "trainings": programme.training,
    }
    return {
        field: frozenset(each.code for each in named) | frozenset(getattr(person, field) if person else ())
        for field, named in known.items()
    }


@dataclass(frozen=True, kw_only=True)
class Request:
    """A family that waits for a tandem, under the programme version that its trajectory pinned."""

    trajectory_id: UUID
    number: int
    family_id: UUID
    programme: Code
    programme_version: int
    area: Code
    languages: tuple[Code, ...]
    themes: tuple[Code, ...]
    requested_on: date
    state: RequestState


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a programme version says about tandems, in the form that matching needs."""

    same_area: bool
    shared_language: bool
    trainings: frozenset[Code]
    certificate_needed_for: timedelta | None
    places: Mapping[TandemPart, int]
    options: int
    area_weight: int
    language_weight: int
    theme_weight: int
    waiting_counts: bool

    @classmethod
    def of(cls, programme: Programme) -> "Rules":
        """Read them from a programme definition."""
        hard, weights, tandem = programme.matching.hard_rules, programme.matching.weights, programme.tandem
        required = frozenset(training.code for training in programme.training if training.required)
        decided = timedelta(days=programme.trajectory.choice_days + tandem.trial_days)
        return cls(
            same_area=hard.same_area,
            shared_language=hard.shared_language,
            trainings=required if hard.required_training else frozenset(),
            certificate_needed_for=decided + CERTIFICATE_MARGIN if hard.conduct_certificate else None,
            places={TandemPart.SUPPORTER: tandem.families_per_supporter, TandemPart.BUDDY: tandem.families_per_buddy},
            options=tandem.proposals_maximum,
            area_weight=weights.area,
            language_weight=weights.language,
            theme_weight=weights.theme,
            waiting_counts=weights.waiting > 0,
        )

    def room(self, person: Person, load: int) -> int:
        """How many families more this person can take: their own limit, and the programme's."""
        return max(0, min(person.capacity, self.places[person.part]) - load)


def obstacles(
    person: Person, request: Request, rules: Rules, *, declined: frozenset[UUID], on: date
) -> tuple[Obstacle, ...]:
    """Every hard rule that this person does not meet for this family; empty when they may be proposed.

    Language, training and certificate are asked of the buddy, whom the family meets most and who comes to the home;
    a supporter can work through an interpreter, and is screened by their employer.
    """
    found = []
    if person.left_on is not None or person.active_from > on:
        found.append(Obstacle.NOT_ACTIVE)
    if person.id in declined:
        found.append(Obstacle.DECLINED_BEFORE)
    if rules.same_area and request.area not in person.areas:
        found.append(Obstacle.OTHER_AREA)
    if person.part is TandemPart.BUDDY:
        if rules.shared_language and not set(person.languages) & set(request.languages):
            found.append(Obstacle.NO_SHARED_LANGUAGE)
        if not rules.trainings <= set(person.trainings):
            found.append(Obstacle.TRAINING_MISSING)
        if certificate_runs_out(person, rules, on=on):
            found.append(Obstacle.NO_VALID_CERTIFICATE)
    return tuple(found)


def certificate_runs_out(person: Person, rules: Rules, *, on: date) -> bool:
    """Whether a buddy's certificate of conduct is missing, over, or so near its end that no family is proposed."""
    if person.part is not TandemPart.BUDDY or rules.certificate_needed_for is None:
        return False
    return person.vog_until is None or person.vog_until < on + rules.certificate_needed_for


def fit(person: Person, request: Request, rules: Rules) -> int:
    """How well a person fits a family: a whole number, higher is better, only comparable for the same family."""
    area = FULL_FIT if request.area in person.areas else 0
    language = FULL_FIT if set(person.languages) & set(request.languages) else 0
    shared = len(set(person.themes) & set(request.themes))
    theme = FULL_FIT * shared // len(set(request.themes)) if request.themes else 0
    return rules.area_weight * area + rules.language_weight * language + rules.theme_weight * theme


def best_fit(rules: Rules) -> int:
    """The highest fit that there can be."""
    return FULL_FIT * (rules.area_weight + rules.language_weight + rules.theme_weight)


def reasons(supporter: Person, buddy: Person, request: Request, *, on: date) -> tuple[Code, ...]:
    """Why this tandem is proposed to this family, as codes that a screen words."""
    found: list[Code] = []
    if request.area in supporter.areas and request.area in buddy.areas:
        found.append("same-area")
    if set(buddy.languages) & set(request.languages):
        found.append("shared-language")
    if set(buddy.themes) & set(request.themes):
        found.append("shared-theme")
    if on - request.requested_on >= LONG_WAITING:
        found.append("long-waiting")
    return tuple(found)
