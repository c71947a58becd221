"""A family's envelope: filled from the programme's pool, and what is left goes back there."""

from datetime import datetime

from sqlalchemy import insert, update

from services.budget import store
from services.budget.contracts import CloseEnvelope, EnvelopeResult, EnvelopeReturned, OpenEnvelope
from services.budget.domain.requests import Judgement
from services.budget.events import EnvelopeClosed, EnvelopeOpened, Verdict
from services.budget.handlers.decisions import settle
from services.budget.handlers.proposals import lapse_proposals
from services.budget.ledger import AccountCode, Transfer, balance, envelope_account, open_accounts, own, post
from services.budget.tables import envelope
from services.shared.database import Transaction
from services.shared.types import stable_id

ENVELOPE_CLOSED = "envelope-closed"


async def open_envelope(tx: Transaction, command: OpenEnvelope, *, now: datetime) -> EnvelopeResult:
    """Fill an envelope from the pool, once; not opened when the pool is short or the version has no money."""
    await store.lock_programme(tx, command.programme)
    known = await store.envelope_of(tx, command.trajectory_id)
    if known is not None:
        return EnvelopeResult(opened=known.closed_at is None, amount_cents=known.amount_cents)
    definition = await store.definition(tx, command.programme, command.programme_version)
    if definition is None:
        return EnvelopeResult(opened=False)
    amount_cents = definition.family_budget.envelope_cents
    pool = own(command.programme, AccountCode.POOL)
    if (await balance(tx, pool)).free_cents < amount_cents:
        return EnvelopeResult(opened=False)

    account = envelope_account(command.programme, command.trajectory_id)
    await open_accounts(tx, [account])
    if amount_cents:
        fill = stable_id("fill", command.trajectory_id)
        await post(tx, [Transfer(id=fill, debit=pool, credit=account, amount_cents=amount_cents, code="fill")], now=now)
    await tx.execute(
        insert(envelope).values(
            trajectory_id=command.trajectory_id,
            family_id=command.family_id,
            programme=command.programme,
            programme_version=command.programme_version,
            amount_cents=amount_cents,
            opened_at=now,
        )
    )
    await tx.publish(
        EnvelopeOpened(
            trajectory_id=command.trajectory_id,
            family_id=command.family_id,
            programme=command.programme,
            amount_cents=amount_cents,
        ),
        now=now,
    )
    return EnvelopeResult(opened=True, amount_cents=amount_cents)


async def close_envelope(tx: Transaction, command: CloseEnvelope, *, now: datetime) -> EnvelopeReturned:
    """Open requests lapse and what is free returns to the pool, once; approved payments are still made and booked."""
    found = await store.envelope_of(tx, command.trajectory_id)
    if found is None:
        return EnvelopeReturned(returned_cents=0)
    await store.lock_programme(tx, found.programme)
    found = await store.envelope_of(tx, command.trajectory_id)
    if found is None or found.returned_cents is not None:
        return EnvelopeReturned(returned_cents=found.returned_cents or 0 if found else 0)

    lapsed = Judgement(verdict=Verdict.LAPSED, reason=ENVELOPE_CLOSED, deciders=())
    for open_request in await store.open_requests(tx, command.trajectory_id):
        await settle(tx, open_request, lapsed, now=now)
    await lapse_proposals(tx, command.trajectory_id, now=now)
    account = envelope_account(found.programme, found.trajectory_id)
    returned_cents = (await balance(tx, account)).free_cents
    if returned_cents:
        back = Transfer(
            id=stable_id("return", found.trajectory_id),
            debit=account,
            credit=own(found.programme, AccountCode.POOL),
            amount_cents=returned_cents,
            code="return",
        )
        await post(tx, [back], now=now)
    await tx.execute(
        update(envelope)
        .where(envelope.c.trajectory_id == found.trajectory_id)
        .values(closed_at=now, close_reason=command.reason, returned_cents=returned_cents)
    )
    await tx.publish(
        EnvelopeClosed(
            trajectory_id=found.trajectory_id,
            spent_cents=found.amount_cents - returned_cents,
            returned_cents=returned_cents,
        ),
        now=now,
    )
    return EnvelopeReturned(returned_cents=returned_cents)
