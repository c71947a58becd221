"""A family's request comes in, and its money is set apart at once: nobody decides about what is not there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert

from programmes.schema import Programme
from services.budget import store
from services.budget.commands import AskedFor, SubmitRequest, same_motive
from services.budget.domain.requests import Judgement, RequestState, Wish, all_why_not, why_not
from services.budget.events import (
    ApprovalAbout,
    ApprovalAsked,
    SpendingRequestReserved,
    SpendingRequestSubmitted,
    Verdict,
)
from services.budget.handlers.decisions import mandate_today, reservation, tell_decided
from services.budget.ledger import balance, envelope_account, post
from services.budget.store import Envelope, Request
from services.budget.tables import motive, request
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.types import Cents, Code


@dataclass(frozen=True, kw_only=True)
class Submitted:
    """`refused` is the rule that says no, None when the money is set apart; `changed` is false when it stood there."""

    request_id: UUID
    changed: bool
    refused: Code | None = None


async def submit_request(
    tx: Transaction, command: SubmitRequest, *, asked_by: UUID, now: datetime
) -> Submitted | Refused:
    """Take a request in, once, and set its money apart; or refuse it by rule, recorded and told.

    Refused: envelope-unknown, envelope-closed, payee-unknown, request-differs.
    """
    envelope = await store.envelope_of(tx, command.trajectory_id)
    if envelope is None:
        return Refused("envelope-unknown")
    await store.lock_programme(tx, envelope.programme)
    payee = await store.payee_today(tx, command.payee_id)
    if payee is None:
        return Refused("payee-unknown")
    known = await store.request_of(tx, command.request_id)
    if known is not None:
        return _as_it_stands(known, await store.motive_of(tx, known.id), command, asked_by)
    envelope = await store.envelope_of(tx, command.trajectory_id)
    if envelope is None or envelope.closed_at is not None:
        return Refused("envelope-closed")

    reason = await _why_not(tx, command, envelope)
    asked = Request(
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
        state=RequestState.RESERVED if reason is None else RequestState.REFUSED,
        reason=reason,
        digest=None,
        decided_at=None if reason is None else now,
    )
    await tx.execute(insert(request).values(**vars(asked)))
    if command.motive is not None:
        await tx.execute(insert(motive).values(request_id=asked.id, **command.motive.model_dump()))
    await tx.publish(
        SpendingRequestSubmitted(
            request_id=asked.id,
            trajectory_id=asked.trajectory_id,
            family_id=envelope.family_id,
            programme=envelope.programme,
            programme_version=envelope.programme_version,
            category=asked.category,
            amount_cents=asked.amount_cents,
            urgent=asked.urgent,
            asked_by=asked_by,
        ),
        now=now,
    )
    if reason is None:
        await _set_apart(tx, asked, envelope, now=now)
    else:
        await tell_decided(tx, asked, Judgement(verdict=Verdict.REFUSED, reason=reason, deciders=()), now=now)
    return Submitted(request_id=asked.id, changed=True, refused=reason)


def _as_it_stands(known: Request, told: AskedFor | None, command: SubmitRequest, asked_by: UUID) -> Submitted | Refused:
    wished = (command.trajectory_id, command.category, command.amount_cents, command.urgent, command.payee_id, asked_by)
    stands = (known.trajectory_id, known.category, known.amount_cents, known.urgent, known.payee_id, known.asked_by)
    if stands != wished or not same_motive(told, command.motive):
        return Refused("request-differs")
    refused = known.reason if known.state is RequestState.REFUSED else None
    return Submitted(request_id=known.id, changed=False, refused=refused)


async def rules_against_today(
    tx: Transaction, trajectory_id: UUID, *, categories: Sequence[Code], amount_cents: Cents, urgent: bool
) -> tuple[Code, ...]:
    """Every rule that says no as things stand now, whichever of the categories it is for; none when it could be done.

    Only to tell people before they ask: whoever asks meanwhile may still be first. Refused by name: envelope-unknown.
    """
    envelope = await store.envelope_of(tx, trajectory_id)
    if envelope is None:
        return ("envelope-unknown",)
    definition = await _definition(tx, envelope)
    free_cents = (await balance(tx, envelope_account(envelope.programme, trajectory_id))).free_cents
    wishes = [
        Wish(
            category=category,
            amount_cents=amount_cents,
            urgent=urgent,
            envelope_open=envelope.closed_at is None,
            free_cents=free_cents,
        )
        for category in categories
    ]
    return all_why_not(definition, wishes)


async def _why_not(tx: Transaction, command: SubmitRequest, envelope: Envelope) -> Code | None:
    """The rule that says no to what is asked of an open envelope."""
    wish = Wish(
        category=command.category,
        amount_cents=command.amount_cents,
        urgent=command.urgent,
        envelope_open=True,
        free_cents=(await balance(tx, envelope_account(envelope.programme, envelope.trajectory_id))).free_cents,
    )
    return why_not(await _definition(tx, envelope), wish)


async def _definition(tx: Transaction, envelope: Envelope) -> Programme:
    definition = await store.definition(tx, envelope.programme, envelope.programme_version)
    if definition is None:
        raise LookupError("the envelope's programme has no definition")
    return definition


async def _set_apart(tx: Transaction, asked: Request, envelope: Envelope, *, now: datetime) -> None:
    await post(tx, [reservation(asked)], now=now)
    await tx.publish(
        SpendingRequestReserved(
            request_id=asked.id,
            trajectory_id=asked.trajectory_id,
            amount_cents=asked.amount_cents,
        ),
        now=now,
    )
    await tx.publish(
        ApprovalAsked(
            subject_id=asked.id,
            about=ApprovalAbout.REQUEST,
            programme=asked.programme,
            family_id=envelope.family_id,
            trajectory_id=asked.trajectory_id,
            mandate=await mandate_today(tx, asked),
        ),
        now=now,
    )
