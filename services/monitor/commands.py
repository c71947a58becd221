"""What people may ask of the monitor."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.shared.types import Code

PATTERNS_MAX = 20

Pattern = Annotated[str, StringConstraints(pattern=r"^([a-z-]+|\*|#)(\.([a-z-]+|\*|#)){0,3}$", max_length=80)]
"""A pattern of routing keys as a topic exchange reads it: `family.enrolled`, `tandem.*`, `#`."""

SubscriberName = Annotated[Code, Field(max_length=40)]


class Subscribe(BaseModel):
    """Ask for a queue of one's own. `position` is where in the log to start after; None is now."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: SubscriberName
    patterns: Annotated[tuple[Pattern, ...], Field(min_length=1, max_length=PATTERNS_MAX)]
    position: Annotated[int, Field(ge=0)] | None = None


class CatchUp(BaseModel):
    """Send again everything after a position of the log (0: from the beginning)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    position: Annotated[int, Field(ge=0)]
