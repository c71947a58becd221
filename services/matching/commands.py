"""What people ask of matching: bodies of the API, and what the simulation's people do."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.matching.events import TandemPart, TrialOutcome
from services.shared.types import Code, Digest

LIST_MAX = 50
FAMILIES_MAX = 100

Codes = Annotated[tuple[Code, ...], Field(max_length=LIST_MAX)]
SomeCodes = Annotated[tuple[Code, ...], Field(min_length=1, max_length=LIST_MAX)]
UnwantedPersons = Annotated[tuple[UUID, ...], Field(max_length=LIST_MAX)]
Families = Annotated[int, Field(ge=0, le=FAMILIES_MAX)]


class _Command(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RegisterPerson(_Command):
    """A supporter or buddy starts, or comes back. `capacity` counts families at the same time."""

    person_id: UUID
    programme: Code
    part: TandemPart
    areas: SomeCodes
    languages: SomeCodes
    themes: Codes = ()
    trainings: Codes = ()
    vog_until: date | None = None
    capacity: Families
    team: Code | None = None
    """The team that the person works in: its other members see their families too."""


class ChangeCapacity(_Command):
    """A person can take more or fewer families; tandems that there are stay."""

    person_id: UUID
    capacity: Families


class ChangePerson(_Command):
    """What somebody can do and where, in which team, and for how many families; tandems that there are stay.

    `seen` is the digest of what was on the screen: who comes second hears what the first one changed.
    """

    person_id: UUID
    areas: SomeCodes
    languages: SomeCodes
    themes: Codes
    trainings: Codes
    vog_until: date | None
    team: Code | None
    capacity: Families
    seen: Digest


class RenewVog(_Command):
    """A buddy brought a new certificate of conduct."""

    person_id: UUID
    until: date


class PersonLeaves(_Command):
    """A supporter or buddy stops."""

    person_id: UUID
    reason: Code


class ChooseTandem(_Command):
    """The family's choice from what is on offer to it."""

    trajectory_id: UUID
    tandem_id: UUID


class DeclineTandem(_Command):
    """The family wants none of these. `persons` are those it would rather not meet; the buddies on offer if empty."""

    trajectory_id: UUID
    reason: Code
    persons: UnwantedPersons = ()


class EvaluateTrial(_Command):
    """What family and tandem say after the trial. `persons`, as in DeclineTandem, only for `again`."""

    trajectory_id: UUID
    outcome: TrialOutcome
    persons: UnwantedPersons = ()
