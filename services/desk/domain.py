"""The desk's rules: who may take a task, who may decide, and who may stand in for whom."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.desk.contracts import Choice, TaskKind, all_sit
from services.shared.access import Actor
from services.shared.roles import Role
from services.shared.types import Code, Digest

FINISHED_BY_HAND = frozenset({TaskKind.SAFETY_CONCERN, TaskKind.TALK_ABOUT_PAUSE, TaskKind.ASK_URGENT_NEED})
"""Work of which no other service tells that it was done, or that can be settled in another way."""
TAKEN_TOO = {TaskKind.CONTACT_FAMILY: (Role.SUPPORTER,)}
"""Who may take a task besides those for whom it was asked: whoever may speak with a family may reach it first."""


@dataclass(frozen=True, kw_only=True)
class StandIn:
    """`person` is away from the first to the last day; `stand_in` may meanwhile use the roles that were lent."""

    id: UUID
    person: UUID
    stand_in: UUID
    roles: tuple[Role, ...]
    from_on: date
    until_on: date


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a decision is asked about. `voices` had their say already, in their own name or another's.

    `approvals` holds the roles of each who approved so far, as far as they are known.
    """

    is_open: bool
    is_decision: bool
    roles: frozenset[Role]
    excluded: frozenset[UUID]
    digest: Digest | None
    voices: frozenset[UUID]
    seats: tuple[Role, ...] = ()
    escalated: Role | None = None
    approvals: tuple[frozenset[Role], ...] = ()


def why_not_take(roles: frozenset[Role], excluded: frozenset[UUID], actor: Actor) -> Code | None:
    """Why somebody may not take a task, None when they may."""
    if actor.person in excluded:
        return "excluded"
    return None if roles & actor.roles else "not-in-role"


def why_not_decide(
    question: Question,
    actor: Actor,
    choice: Choice,
    digest: Digest,
    on_behalf_of: UUID | None,
    stand_in: StandIn | None,
) -> Code | None:
    """Why somebody may not decide, None when they may. What has changed since it was asked can only be refused.

    Standing in lends a role to who lacks it, never a second signature: neither of the two may have had a say or be
    kept out of it. The workflow judges by the same rules again; this is the first door.
    """
    if not question.is_open:
        return "task-closed"
    if not question.is_decision:
        return "not-a-decision"
    if choice is Choice.APPROVE and digest != question.digest:
        return "changed-since-seen"
    people = {actor.person}
    if on_behalf_of is not None:
        if on_behalf_of == actor.person or question.roles & actor.roles:
            return "decide-in-your-own-name"
        if stand_in is None:
            return "no-stand-in"
        people.add(on_behalf_of)
    if not question.roles & lent_roles(actor, stand_in):
        return "not-in-role"
    if people & question.excluded:
        return "excluded"
    if people & question.voices:
        return "decided-before"
    if choice is Choice.APPROVE:
        signed = (*question.approvals, lent_roles(actor, stand_in))
        return None if all_sit(question.seats, question.escalated, signed) else "other-role-needed"
    return None


def lent_roles(actor: Actor, stand_in: StandIn | None) -> frozenset[Role]:
    """The roles in which somebody decides: their own, or those of whom they stand in for."""
    return actor.roles if stand_in is None else frozenset(stand_in.roles)
