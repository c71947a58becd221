"""The value types that may cross a border: bus, workflow history, another service."""

from datetime import datetime
from typing import Annotated, Protocol
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import AfterValidator, Field, StringConstraints

CODE_PATTERN = r"^[a-z][a-z0-9-]{0,62}$"

Code = Annotated[str, StringConstraints(pattern=CODE_PATTERN)]
"""A word from a list that somebody maintains (an area, a reason, a category): never free text."""

Cents = Annotated[int, Field(ge=-(10**15), le=10**15)]
"""An amount of money in whole euro cents; a float never holds money."""

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 in hexadecimal."""


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return value


Moment = Annotated[datetime, AfterValidator(_aware)]
"""A point in time with its zone."""

_NAMESPACE = uuid5(NAMESPACE_URL, "urn:kansen")


def stable_id(*parts: str | UUID | int) -> UUID:
    """The same id for the same parts, always: what makes a repeated start or effect land on the first one."""
    return uuid5(_NAMESPACE, "/".join(str(part) for part in parts))


class Clock(Protocol):
    """Tells the time at an outer entry; inner code is handed `now`."""

    def __call__(self) -> datetime: ...
