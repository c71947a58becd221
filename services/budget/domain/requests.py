"""Whether a request may be set apart, and whether a decision on it holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from programmes.rules import required_mandate, urgent_allowed
from programmes.schema import Programme, Spender
from services.budget.events import Mandate, Verdict
from services.shared.roles import Role
from services.shared.types import Cents, Code, Digest

URGENT_WORKING_DAYS = 1
"""An urgent request is due on the next working day, and then goes on to somebody else. No programme's text says so: it
is our assumption of what urgent means."""


class RequestState(StrEnum):
    """How far a request is; everything after `reserved` is final."""

    RESERVED = "reserved"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"

    @property
    def is_open(self) -> bool:
        return self is RequestState.RESERVED


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is asked, and what the family's envelope has room for."""

    category: Code
    amount_cents: Cents
    urgent: bool
    envelope_open: bool
    free_cents: Cents


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """A verdict as it will stand, the reason for it, and the people who gave it."""

    verdict: Verdict
    reason: Code
    deciders: tuple[UUID, ...]


def _envelope_is_open(_: Programme, wish: Wish) -> Code | None:
    return None if wish.envelope_open else "envelope-closed"


def _category_is_for_families(programme: Programme, wish: Wish) -> Code | None:
    families = {each.code for each in programme.categories if each.spender is Spender.FAMILY}
    return None if wish.category in families else "category-unknown"


def _amount_is_within_a_request(programme: Programme, wish: Wish) -> Code | None:
    within = wish.amount_cents <= programme.family_budget.request_maximum_cents
    return None if within else "amount-above-maximum"


def _urgency_is_allowed(programme: Programme, wish: Wish) -> Code | None:
    if not wish.urgent or urgent_allowed(programme, wish.category, wish.amount_cents):
        return None
    return "urgency-not-allowed"


def _somebody_may_decide(programme: Programme, wish: Wish) -> Code | None:
    mandate = required_mandate(programme, wish.category, wish.amount_cents, wish.urgent)
    return None if mandate is not None else "no-mandate"


def _envelope_has_room(_: Programme, wish: Wish) -> Code | None:
    return None if wish.amount_cents <= wish.free_cents else "envelope-short"


REQUEST_RULES: tuple[Callable[[Programme, Wish], Code | None], ...] = (
    _envelope_is_open,
    _category_is_for_families,
    _amount_is_within_a_request,
    _urgency_is_allowed,
    _somebody_may_decide,
    _envelope_has_room,
)


def why_not(programme: Programme, wish: Wish) -> Code | None:
    """The first rule that says no, or None when the money may be set apart."""
    return next((reason for rule in REQUEST_RULES if (reason := rule(programme, wish)) is not None), None)


def all_why_not(programme: Programme, wishes: Sequence[Wish]) -> tuple[Code, ...]:
    """Every rule that says no, whichever of these wishes it will be: somebody has not filled in all of it yet."""
    said = [[rule(programme, wish) for rule in REQUEST_RULES] for wish in wishes]
    return tuple(reasons[0] for reasons in zip(*said, strict=True) if all(reasons) and reasons[0] is not None)


def mandate_for(programme: Programme, wish: Wish, *, asked_by: UUID, digest: Digest) -> Mandate:
    """Who must decide what is set apart. Raises ValueError when nobody may (`why_not` says so first)."""
    mandate = required_mandate(programme, wish.category, wish.amount_cents, wish.urgent)
    if mandate is None:
        raise ValueError("nobody may decide this")
    approval = programme.approval
    patience = URGENT_WORKING_DAYS if wish.urgent else approval.escalation_working_days
    return Mandate(
        roles=tuple(dict.fromkeys(Role(role) for role in mandate.deciding_roles)),
        deciders=mandate.deciders,
        excluded=(asked_by,),
        digest=digest,
        remind_after_working_days=min(approval.reminder_working_days, patience),
        escalate_after_working_days=min(approval.escalation_working_days, patience),
        escalate_to=Role(approval.escalation_role),
        lapse_after_weeks=approval.decide_weeks,
        seats=tuple(Role(role) for role in mandate.deciding_roles),
    )


def judge(mandate: Mandate, verdict: Verdict, reason: Code, deciders: tuple[UUID, ...], *, digest: Digest) -> Judgement:
    """What a decision comes to: an approval stands only with enough different people who saw what is paid today.

    An approval that falls short becomes a refusal by rule; any other verdict only gives money back, and stands.
    """
    people = tuple(dict.fromkeys(person for person in deciders if person not in mandate.excluded))
    if verdict is not Verdict.APPROVED:
        return Judgement(verdict=verdict, reason=reason, deciders=people)
    if len(people) < len(deciders):
        return _refused("deciders-not-allowed")
    if len(people) < mandate.deciders:
        return _refused("too-few-deciders")
    if digest != mandate.digest:
        return _refused("changed-since-seen")
    return Judgement(verdict=verdict, reason=reason, deciders=people)


def _refused(reason: Code) -> Judgement:
    return Judgement(verdict=Verdict.REFUSED, reason=reason, deciders=())
