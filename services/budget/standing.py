"""How money that was asked stands today: whom it is for, whether it was decided, and on which day it is paid."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, literal, select
from sqlalchemy.dialects.postgresql import insert

from programmes.schema import Programme
from services.budget import payments_store, proposals_store, store
from services.budget.domain.payment_days import next_payment_day
from services.budget.domain.requests import RequestState
from services.budget.payments_store import PaymentStanding
from services.budget.proposals_store import Proposal
from services.budget.store import Request
from services.budget.tables import news_read, request
from services.shared.access import Actor
from services.shared.database import Transaction
from services.shared.permissions import Permission
from services.shared.scopes import visible
from services.shared.types import Cents, Code

NEWS_FOR = timedelta(days=14)
"""So long a decision is news to who does not read it: until well after the day on which it is paid."""
NEWS_MAX = 10


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A request, or a proposal: one that waits for a check of its organisation, or came back from it.

    `state` is of the one or the other; `pays_on` is the next day on which payments leave, for who waits for it.
    """

    request_id: UUID
    trajectory_id: UUID
    is_proposal: bool
    category: Code
    amount_cents: Cents
    urgent: bool
    asked_at: datetime
    state: Code
    reason: Code | None
    decided_at: datetime | None
    payee: str
    town: str
    payment: PaymentStanding | None
    pays_on: date

    @property
    def is_alive(self) -> bool:
        """Whether it is under way or was granted: what need not be asked again."""
        return self.state in ("waiting", RequestState.RESERVED, RequestState.APPROVED)


async def standing_of(
    tx: Transaction, requests: Sequence[Request], programme: Programme, now: datetime
) -> list[Standing]:
    """How requests in one programme stand, in the order in which they are given."""
    payments = await payments_store.payments_of(tx, [each.id for each in requests])
    payees = await store.payees_at(tx, {(each.payee_id, each.payee_version) for each in requests})
    return [
        Standing(
            request_id=each.id,
            trajectory_id=each.trajectory_id,
            is_proposal=False,
            category=each.category,
            amount_cents=each.amount_cents,
            urgent=each.urgent,
            asked_at=each.submitted_at,
            state=each.state,
            reason=each.reason,
            decided_at=each.decided_at,
            payee=payees[each.payee_id, each.payee_version].name,
            town=payees[each.payee_id, each.payee_version].town,
            payment=payments.get(each.id),
            pays_on=next_payment_day(programme, now),
        )
        for each in requests
    ]


async def proposals_standing(
    tx: Transaction, trajectory_id: UUID, programme: Programme, now: datetime
) -> list[Standing]:
    """What waits for a check or came back for a family, and was not seen to yet."""
    found = await proposals_store.proposals_of(tx, trajectory_id)
    return [_proposed(each, next_payment_day(programme, now)) for each in found]


async def decided_lately(tx: Transaction, actor: Actor, now: datetime) -> list[tuple[Request, Programme]]:
    """What others decided of late of what somebody asked, and they did not read yet: newest first."""
    query = select(request.c.id).where(
        _asked_by(tx, actor),
        request.c.decided_at >= now - NEWS_FOR,
        request.c.state != RequestState.WITHDRAWN,
        request.c.id.not_in(select(news_read.c.request_id)),
    )
    ids = (await tx.execute(query.order_by(request.c.decided_at.desc(), request.c.id).limit(NEWS_MAX))).scalars().all()
    found = []
    for request_id in ids:
        asked = await store.request_of(tx, request_id)
        envelope = await store.envelope_of(tx, asked.trajectory_id) if asked else None
        definition = await store.definition(tx, envelope.programme, envelope.programme_version) if envelope else None
        if asked is not None and definition is not None:
            found.append((asked, definition))
    return found


async def refused_before(tx: Transaction, request_id: UUID, trajectory_id: UUID) -> Request | None:
    """A request of this family that was refused, to ask anew; None for any other."""
    found = await store.request_of(tx, request_id)
    theirs = found is not None and (found.state, found.trajectory_id) == (RequestState.REFUSED, trajectory_id)
    return found if theirs else None


async def mark_read(tx: Transaction, actor: Actor, requests: Sequence[UUID], *, now: datetime) -> None:
    """Who asked has seen what was decided; of what others asked, or nobody decided yet, nothing is kept."""
    decided = select(request.c.id, literal(now)).where(
        request.c.id.in_(requests), _asked_by(tx, actor), request.c.decided_at.is_not(None)
    )
    await tx.execute(insert(news_read).from_select(["request_id", "read_at"], decided).on_conflict_do_nothing())


def _asked_by(tx: Transaction, actor: Actor) -> ColumnElement[bool]:
    """The condition on `request` for what somebody asked of families within their reach."""
    scope = tx.tables.family_scope
    theirs = select(scope.c.trajectory_id).where(visible(tx, actor, Permission.ASK_MONEY))
    return and_(request.c.asked_by == actor.person, request.c.trajectory_id.in_(theirs))


def _proposed(each: Proposal, pays_on: date) -> Standing:
    return Standing(
        request_id=each.request_id,
        trajectory_id=each.trajectory_id,
        is_proposal=True,
        category=each.category,
        amount_cents=each.amount_cents,
        urgent=each.urgent,
        asked_at=each.proposed_at,
        state=each.state,
        reason=each.reason,
        decided_at=each.answered_at,
        payee=each.name,
        town=each.town,
        payment=None,
        pays_on=pays_on,
    )
