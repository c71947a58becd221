"""A request is decided once: approved it becomes a payment to be made, otherwise its money is free again."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, update

from services.budget import store
from services.budget.contracts import DecisionRecorded, RecordDecision
from services.budget.domain.digests import Seen, request_digest
from services.budget.domain.requests import Judgement, RequestState, Wish, judge, mandate_for
from services.budget.events import Mandate, SpendingRequestDecided, SpendingRequestWithdrawn, Verdict
from services.budget.ledger import AccountCode, Kind, Transfer, envelope_account, own, post
from services.budget.store import Request
from services.budget.tables import decider, payment, request
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.types import stable_id

WITHDRAWN_BY_ASKER = "withdrawn-by-asker"


async def record_decision(tx: Transaction, command: RecordDecision, *, now: datetime) -> DecisionRecorded:
    """Record what was decided, once; deciders and what they saw are checked again, whatever a workflow says.

    An approval that does not hold is recorded as refused, with the reason. Raises LookupError for an unknown request.
    """
    found = await _locked(tx, command.request_id)
    if found is None:
        raise LookupError("no such request")
    if not found.state.is_open:
        return DecisionRecorded(verdict=Verdict(found.state), changed=False)
    if command.verdict is Verdict.APPROVED:
        mandate = await mandate_today(tx, found)
        judgement = judge(mandate, command.verdict, command.reason, command.deciders, digest=command.digest)
    else:
        people = tuple(dict.fromkeys(each for each in command.deciders if each != found.asked_by))
        judgement = Judgement(verdict=command.verdict, reason=command.reason, deciders=people)
    await settle(tx, found, judgement, now=now, digest=command.digest)
    return DecisionRecorded(verdict=judgement.verdict, changed=True)


async def withdraw_request(
    tx: Transaction, request_id: UUID, *, asked_by: UUID, now: datetime
) -> DecisionRecorded | Refused:
    """The asker takes a request back before it is decided; its money is free at once.

    Refused: request-unknown, not-the-asker, request-decided.
    """
    found = await _locked(tx, request_id)
    if found is None:
        return Refused("request-unknown")
    if found.asked_by != asked_by:
        return Refused("not-the-asker")
    if found.state is RequestState.WITHDRAWN:
        return DecisionRecorded(verdict=Verdict.WITHDRAWN, changed=False)
    if not found.state.is_open:
        return Refused("request-decided")
    await tx.publish(SpendingRequestWithdrawn(request_id=found.id, trajectory_id=found.trajectory_id), now=now)
    await settle(tx, found, Judgement(verdict=Verdict.WITHDRAWN, reason=WITHDRAWN_BY_ASKER, deciders=()), now=now)
    return DecisionRecorded(verdict=Verdict.WITHDRAWN, changed=True)


async def settle(
    tx: Transaction, open_request: Request, judgement: Judgement, *, now: datetime, digest: str | None = None
) -> None:
    """Close a request with a judgement; the programme is locked. Approved: a payment waits. Otherwise: money free."""
    approved = judgement.verdict is Verdict.APPROVED
    if open_request.state is RequestState.RESERVED and not approved:
        await post(tx, [release(open_request)], now=now)
    await tx.execute(
        update(request)
        .where(request.c.id == open_request.id)
        .values(
            state=RequestState(judgement.verdict),
            reason=judgement.reason,
            decided_at=now,
            digest=digest if approved else None,
        )
    )
    for person in judgement.deciders:
        await tx.execute(
            insert(decider).values(request_id=open_request.id, person=person, asked_by=open_request.asked_by)
        )
    if approved:
        await _wait_for_batch(tx, open_request, now=now)
    await tell_decided(tx, open_request, judgement, now=now)


async def tell_decided(tx: Transaction, decided: Request, judgement: Judgement, *, now: datetime) -> None:
    """Tell everybody how a request ended."""
    await tx.publish(
        SpendingRequestDecided(
            request_id=decided.id,
            trajectory_id=decided.trajectory_id,
            programme=decided.programme,
            category=decided.category,
            amount_cents=decided.amount_cents,
            urgent=decided.urgent,
            verdict=judgement.verdict,
            reason=judgement.reason,
            deciders=judgement.deciders,
        ),
        now=now,
    )


async def mandate_today(tx: Transaction, reserved: Request) -> Mandate:
    """Who must decide a reserved request, and the digest of it with its payee as it stands today."""
    envelope = await store.envelope_of(tx, reserved.trajectory_id)
    payee = await store.payee_today(tx, reserved.payee_id)
    definition = await store.definition(tx, envelope.programme, envelope.programme_version) if envelope else None
    if envelope is None or payee is None or definition is None:
        raise LookupError("a request without its envelope, payee or programme")
    wish = Wish(
        category=reserved.category,
        amount_cents=reserved.amount_cents,
        urgent=reserved.urgent,
        envelope_open=True,
        free_cents=reserved.amount_cents,
    )
    seen = Seen(
        trajectory_id=reserved.trajectory_id,
        category=reserved.category,
        amount_cents=reserved.amount_cents,
        urgent=reserved.urgent,
        payee_id=payee.payee_id,
        payee_version=payee.version,
        payee_iban=payee.iban,
    )
    return mandate_for(definition, wish, asked_by=reserved.asked_by, digest=request_digest(seen))


def reservation(of: Request) -> Transfer:
    """The pending transfer that sets a request's money apart."""
    return Transfer(
        id=stable_id("reserve", of.id),
        debit=envelope_account(of.programme, of.trajectory_id),
        credit=own(of.programme, AccountCode.SPENT),
        amount_cents=of.amount_cents,
        code="reserve",
        kind=Kind.PENDING,
        category=of.category,
        request_id=of.id,
    )


def release(of: Request) -> Transfer:
    """What makes the money of a request free again: the undo of `reservation`."""
    pending = reservation(of)
    return replace(
        pending, id=stable_id("release", of.id), kind=Kind.VOID_PENDING, pending_id=pending.id, code="release"
    )


async def _locked(tx: Transaction, request_id: UUID) -> Request | None:
    found = await store.request_of(tx, request_id)
    if found is None:
        return None
    await store.lock_programme(tx, found.programme)
    return await store.request_of(tx, request_id)


async def _wait_for_batch(tx: Transaction, approved: Request, *, now: datetime) -> None:
    payment_id = stable_id("payment", approved.id)
    payee = await store.payee_today(tx, approved.payee_id)
    if payee is None:
        raise LookupError("a request without its payee")
    await tx.execute(
        insert(payment).values(
            id=payment_id,
            programme=approved.programme,
            category=approved.category,
            amount_cents=approved.amount_cents,
            request_id=approved.id,
            request_state=RequestState.APPROVED,
            trajectory_id=approved.trajectory_id,
            payee_id=payee.payee_id,
            payee_version=payee.version,
            end_to_end_id=payment_id.hex,
            reservation_id=stable_id("reserve", approved.id),
            state="waiting",
            created_at=now,
        )
    )
