"""The words every section of a programme file is made of."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.shared.types import Cents, Code

TEXT_MAXIMUM = 2_000
DUTCH = "nl"
"""The language of every programme file."""
CENTS_MAXIMUM = 100_000_000_000
"""One thousand million euros: far above any programme, so a slip of the keyboard is refused."""


def kebab_case(name: str) -> str:
    """Spell a field as it stands in a file: `up_to_cents` is written `up-to-cents`."""
    return name.replace("_", "-")


class Section(BaseModel):
    """A part of a programme file: immutable, exact types, and every unknown key refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, alias_generator=kebab_case)


type Text = Annotated[str, Field(min_length=1, max_length=TEXT_MAXIMUM)]
"""Words for people, in Dutch unless the field says otherwise."""

type Amount = Annotated[Cents, Field(ge=0, le=CENTS_MAXIMUM)]
"""Money to spend, in whole euro cents, never negative."""

type Days = Annotated[int, Field(ge=1, le=3_660)]
type WorkingDays = Annotated[int, Field(ge=1, le=260)]
type Months = Annotated[int, Field(ge=1, le=240)]
type Weeks = Annotated[int, Field(ge=1, le=52)]
type Count = Annotated[int, Field(ge=1, le=1_000_000)]
type Weight = Annotated[int, Field(ge=0, le=100)]


class Named(Section):
    """A code with the Dutch name that screens show."""

    code: Code
    name: Text


class Translated(Section):
    """The same words in Dutch and in English."""

    nl: Text
    en: Text
