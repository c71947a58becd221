"""Who may decide what, and within which terms."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from programmes.schema.base import Amount, Section, Weeks, WorkingDays
from services.shared.types import Code


class Role(StrEnum):
    """A person's part in a programme."""

    BUDDY = "buddy"
    SUPPORTER = "supporter"
    TEAM_COORDINATOR = "team-coordinator"
    BUDGET_HOLDER = "budget-holder"
    PROGRAMME_MANAGER = "programme-manager"
    CONTROLLER = "controller"


ASKING_ROLES = frozenset({Role.BUDDY, Role.SUPPORTER})
"""They ask for families, so what only they may decide could end with nobody: the asker never decides."""


class Mandate(Section):
    """Up to which amount, for what, a role may decide (mandaat, Awb title 10.1)."""

    role: Role
    up_to_cents: Amount
    deciders: Annotated[int, Field(ge=1, le=2)]
    second_role: Role | None = Field(default=None, description="Of the second decider; the same role if absent.")
    categories: Annotated[tuple[Code, ...], Field(min_length=1, max_length=100)] | None = Field(
        default=None, description="Category codes; all categories if absent."
    )
    urgent: bool = Field(default=False, description="For urgent requests only; these may use every other mandate too.")

    @property
    def deciding_roles(self) -> tuple[Role, ...]:
        """The role of each decider, one or two different people."""
        return (self.role,) if self.deciders == 1 else (self.role, self.second_role or self.role)

    def covers(self, category: Code, amount_cents: Amount, *, urgent: bool) -> bool:
        """Whether a request lies within this mandate."""
        if self.urgent and not urgent:
            return False
        return amount_cents <= self.up_to_cents and (self.categories is None or category in self.categories)


class Approval(Section):
    """Terms of a decision: ours in working days, the law's in weeks (Awb 4:13, 4:14, 6:7)."""

    reminder_working_days: WorkingDays
    escalation_working_days: WorkingDays
    escalation_role: Role
    decide_weeks: Weeks
    extension_weeks: Weeks = Field(description="Once, told in writing.")
    objection_weeks: Weeks
