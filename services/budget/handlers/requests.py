"""A family's request comes in, and its money is set apart while people decide."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, update

from services.budget import store
from services.budget.commands import SubmitRequest
from services.budget.contracts import Reserve, Reserved
from services.budget.domain.requests import Judgement, RequestState, Wish, why_not
from services.budget.events import SpendingRequestReserved, SpendingRequestSubmitted, Verdict
from services.budget.handlers.decisions import mandate_today, reservation, settle
from services.budget.ledger import balance, envelope_account, post
from services.budget.tables import request
from services.shared.database import Transaction
from services.shared.outcomes import Refused


@dataclass(frozen=True, kw_only=True)
class Submitted:
    """`changed` is false when the same request stood there already."""

    request_id: UUID
    changed: bool


async def submit_request(
    tx: Transaction, command: SubmitRequest, *, asked_by: UUID, now: datetime
) -> Submitted | Refused:
    """Take a request in, once; whether there is money for it is decided when it is reserved.

    Refused: envelope-unknown, envelope-closed, payee-unknown, request-differs.
    """
    envelope = await store.envelope_of(tx, command.trajectory_id)
    if envelope is None:
        return Refused("envelope-unknown")
    await store.lock_programme(tx, envelope.programme)
    payee = await store.payee_today(tx, command.payee_id)
    if payee is None:
        return Refused("payee-unknown")
    wished = (command.trajectory_id, command.category, command.amount_cents, command.urgent, command.payee_id, asked_by)
    known = await store.request_of(tx, command.request_id)
    if known is not None:
        stands = (
            known.trajectory_id, known.category, known.amount_cents, known.urgent, known.payee_id, known.asked_by
        )  # fmt: skip
        return Submitted(request_id=known.id, changed=False) if stands == wished else Refused("request-differs")
    envelope = await store.envelope_of(tx, command.trajectory_id)
    if envelope is None or envelope.closed_at is not None:
        return Refused("envelope-closed")

    await tx.execute(
        insert(request).values(
            id=command.request_id,
            trajectory_id=command.trajectory_id,
            programme=envelope.programme,
            category=command.category,
            amount_cents=command.amount_cents,
            urgent=command.urgent,
            payee_id=command.payee_id,
            payee_version=payee.version,
            asked_by=asked_by,
            submitted_at=now,
            state=RequestState.SUBMITTED,
        )
    )
    await tx.publish(
        SpendingRequestSubmitted(
            request_id=command.request_id,
            trajectory_id=command.trajectory_id,
            family_id=envelope.family_id,
            programme=envelope.programme,
            programme_version=envelope.programme_version,
            category=command.category,
            amount_cents=command.amount_cents,
            urgent=command.urgent,
            asked_by=asked_by,
        ),
        now=now,
    )
    return Submitted(request_id=command.request_id, changed=True)


async def reserve(tx: Transaction, command: Reserve, *, now: datetime) -> Reserved:
    """Set the money of a request apart and say who must decide; or refuse it by rule, recorded and told.

    Raises LookupError for a request that was never submitted.
    """
    found = await store.request_of(tx, command.request_id)
    if found is None:
        raise LookupError("no such request")
    await store.lock_programme(tx, found.programme)
    found = await store.request_of(tx, command.request_id)
    envelope = await store.envelope_of(tx, found.trajectory_id) if found else None
    if found is None or envelope is None:
        raise LookupError("no such request")
    answer = Reserved(family_id=envelope.family_id, trajectory_id=envelope.trajectory_id)
    if not found.state.is_open:
        return replace(answer, refused=found.reason)
    if found.state is RequestState.RESERVED:
        return replace(answer, mandate=await mandate_today(tx, found))

    definition = await store.definition(tx, envelope.programme, envelope.programme_version)
    if definition is None:
        raise LookupError("the envelope's programme has no definition")
    free_cents = (await balance(tx, envelope_account(envelope.programme, envelope.trajectory_id))).free_cents
    wish = Wish(
        category=found.category,
        amount_cents=found.amount_cents,
        urgent=found.urgent,
        envelope_open=envelope.closed_at is None,
        free_cents=free_cents,
    )
    reason = why_not(definition, wish)
    if reason is not None:
        await settle(tx, found, Judgement(verdict=Verdict.REFUSED, reason=reason, deciders=()), now=now)
        return replace(answer, refused=reason)

    await post(tx, [reservation(found)], now=now)
    await tx.execute(update(request).where(request.c.id == found.id).values(state=RequestState.RESERVED))
    await tx.publish(
        SpendingRequestReserved(
            request_id=found.id, trajectory_id=found.trajectory_id, amount_cents=found.amount_cents
        ),
        now=now,
    )
    return replace(answer, mandate=await mandate_today(tx, found))
