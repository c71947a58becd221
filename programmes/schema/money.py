"""Where a programme's money comes from and what it may be spent on."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from programmes.schema.base import Amount, Count, Months, Named, Section
from services.shared.types import Code


class FundingSource(Named):
    """A funder (geldbron), what it grants and its weight in every euro spent."""

    amount_cents: Amount
    share_weight: Count = Field(description="Part of every expense, against the other sources' weights: 337 to 210.")


class Funding(Section):
    """All money of the programme; the sources add up to the total."""

    total_cents: Amount
    sources: Annotated[tuple[FundingSource, ...], Field(min_length=1, max_length=20)]


class Spender(StrEnum):
    """Whose budget an expense comes from: a family's envelope or the programme's own lines."""

    FAMILY = "family"
    PROGRAMME = "programme"


class Category(Named):
    """What money is spent on (bestedingsdoel)."""

    spender: Spender
    urgent_allowed: bool = Field(default=False, description="May be asked for with urgency, up to the urgent limit.")


class FamilyBudget(Section):
    """The envelope that follows one family (familievolgend budget)."""

    envelope_cents: Amount
    request_maximum_cents: Amount
    urgent_maximum_cents: Amount


class BudgetLine(Named):
    """What the programme itself costs: an amount over the whole period, paid in equal instalments."""

    category: Code
    amount_cents: Amount
    cadence_months: Months | None = Field(default=None, description="Months between instalments; once if absent.")
