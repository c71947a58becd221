"""What people may ask of budget; the API's bodies and a simulated town use the same."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from stdnum import iban as iban_rules
from stdnum.exceptions import ValidationError as InvalidNumber

from services.budget.domain.amounts import AMOUNT_CENTS_MAX
from services.budget.domain.motives import Elsewhere, PlanThen, Purpose
from services.shared.types import Code

NAME_LENGTH = 70
TOWN_LENGTH = 35
LINES_MAX = 200


def _valid_iban(value: str) -> str:
    try:
        return iban_rules.validate(value)
    except InvalidNumber as error:
        raise ValueError("not an IBAN") from error


Iban = Annotated[str, StringConstraints(max_length=42), AfterValidator(_valid_iban)]
"""An account number with a right checksum, without spaces."""

OrganisationName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=NAME_LENGTH)]
Town = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=TOWN_LENGTH)]
Amount = Annotated[int, Field(gt=0, le=AMOUNT_CENTS_MAX)]


class Command(BaseModel):
    """Frozen, and nothing in it that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RegisterPayee(Command):
    """An organisation that can be paid; another name or IBAN for the same id makes a new version."""

    payee_id: UUID
    name: OrganisationName
    iban: Iban
    town: Town
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] = "NL"


class Debtor(Command):
    """The account that payments leave."""

    name: OrganisationName
    iban: Iban


TEST_DEBTOR = Debtor(name="Gemeente Voorbeeld", iban="NL13TEST0123456789")
"""Belongs to nobody; refused outside a local stack."""


class FundProgramme(Command):
    """A version of a programme gets its money; the executor is paid for lines without a payee of their own."""

    programme: Code
    version: Annotated[int, Field(ge=1)]
    executor_payee_id: UUID
    line_payees: Annotated[dict[Code, UUID], Field(max_length=LINES_MAX)] = Field(default_factory=dict)
    debtor: Debtor


class AskedFor(Command):
    """Why money is asked, in codes: the family's own words stand with the goal that it serves.

    `plan` is what there was of the family's plan then, None where nobody said.
    """

    purpose: Purpose
    elsewhere: Elsewhere
    goal_id: UUID | None = None
    plan: PlanThen | None = None


def same_motive(told: AskedFor | None, again: AskedFor | None) -> bool:
    """Whether somebody says the same again; what there was of a plan is not what they say."""
    if told is None or again is None:
        return told is again
    return told.model_copy(update={"plan": again.plan}) == again


class SubmitRequest(Command):
    """A family's wish, asked by someone who works with it, and what it is for."""

    request_id: UUID
    trajectory_id: UUID
    category: Code
    amount_cents: Amount
    urgent: bool = False
    payee_id: UUID
    motive: AskedFor | None = None


class Organisation(Command):
    """An organisation as the asker knows it."""

    name: OrganisationName
    iban: Iban
    town: Town


class ProposePayee(Organisation):
    """A request for an organisation that is not registered: `request.payee_id` is the id that it will have."""

    request: SubmitRequest
    motive: AskedFor


class ConfirmPayment(Command):
    """The bank booked a payment."""

    end_to_end_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    amount_cents: Amount
    booked_on: date


class BouncePayment(Command):
    """The bank gave a payment back, before or after it was booked."""

    end_to_end_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    amount_cents: Amount
    reason: Code
