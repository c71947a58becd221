"""A request for an organisation that is not registered yet waits until somebody else has checked that organisation."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import insert, update

from services.budget import proposals_store, store
from services.budget.commands import ProposePayee, RegisterPayee, SubmitRequest, same_motive
from services.budget.events import PayeeProposalAnswered, PayeeProposalMade, PayeeProposalSettled, ProposalAnswer
from services.budget.handlers.payees import register_payee
from services.budget.handlers.requests import submit_request
from services.budget.proposals_store import Proposal
from services.budget.tables import payee_proposal
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.types import Code, stable_id


class RefusalReason(StrEnum):
    """Why an organisation is not registered, so that the asker knows what to mend."""

    ACCOUNT_DIFFERS = "account-differs"
    NOT_FOUND = "not-found"
    NOT_AN_ORGANISATION = "not-an-organisation"
    NO_INVOICE = "no-invoice"


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """`changed` is false when it stood there."""

    request_id: UUID
    changed: bool


async def propose_payee(
    tx: Transaction, command: ProposePayee, *, proposed_by: UUID, now: datetime
) -> Proposed | Refused:
    """Keep a request until its organisation is checked; nothing is set apart until then.

    Refused: envelope-unknown, envelope-closed, request-differs, account-known (choose it from the list).
    """
    asked = command.request
    envelope = await store.envelope_of(tx, asked.trajectory_id)
    if envelope is None:
        return Refused("envelope-unknown")
    await store.lock_programme(tx, envelope.programme)
    known = await proposals_store.proposal_of(tx, asked.request_id)
    if known is not None:
        return _as_it_stands(known, command, proposed_by)
    if await store.request_of(tx, asked.request_id) is not None:
        return Refused("request-differs")
    envelope = await store.envelope_of(tx, asked.trajectory_id)
    if envelope is None or envelope.closed_at is not None:
        return Refused("envelope-closed")
    if await proposals_store.payee_by_iban(tx, command.iban) is not None:
        return Refused("account-known")
    await tx.execute(
        insert(payee_proposal).values(
            payee_id=asked.payee_id,
            request_id=asked.request_id,
            trajectory_id=asked.trajectory_id,
            programme=envelope.programme,
            category=asked.category,
            amount_cents=asked.amount_cents,
            urgent=asked.urgent,
            **command.motive.model_dump(),
            name=command.name,
            iban=command.iban,
            town=command.town,
            proposed_by=proposed_by,
            proposed_at=now,
            state="waiting",
        )
    )
    await tx.publish(
        PayeeProposalMade(
            payee_id=asked.payee_id,
            request_id=asked.request_id,
            trajectory_id=asked.trajectory_id,
            programme=envelope.programme,
            proposed_by=proposed_by,
            urgent=asked.urgent,
            category=asked.category,
        ),
        now=now,
    )
    return Proposed(request_id=asked.request_id, changed=True)


async def register_proposed(tx: Transaction, command: RegisterPayee, *, by: UUID, now: datetime) -> Proposal | Refused:
    """The organisation is checked: it can be paid, and the request goes on by itself. Twice is once.

    An account that was registered meanwhile is not registered again: the request goes on with that organisation.
    Refused: proposal-unknown, proposal-answered, own-proposal.
    """
    # Registering takes all programmes in hand: they come before one of them.
    await store.lock_all_programmes(tx)
    found = await _to_answer(tx, command.payee_id, by=by, already=ProposalAnswer.REGISTERED)
    if isinstance(found, Refused) or not found.is_waiting:
        return found
    registered = await proposals_store.payee_by_iban(tx, command.iban)
    if registered is None:
        await register_payee(tx, command, by=by, now=now)
    payee_id = registered.payee_id if registered is not None else command.payee_id
    await _answer(tx, found, ProposalAnswer.REGISTERED, by=by, now=now)
    wish = SubmitRequest(
        request_id=found.request_id,
        trajectory_id=found.trajectory_id,
        category=found.category,
        amount_cents=found.amount_cents,
        urgent=found.urgent,
        payee_id=payee_id,
        motive=found.motive,
    )
    submitted = await submit_request(tx, wish, asked_by=found.proposed_by, now=now)
    if isinstance(submitted, Refused):
        raise LookupError(f"a proposal that waits has an open envelope: {submitted.code}")
    return found


async def refuse_proposed(
    tx: Transaction, payee_id: UUID, reason: RefusalReason, *, by: UUID, now: datetime
) -> Proposal | Refused:
    """The organisation is not registered, and the request goes back to who asked. Refused: as `register_proposed`."""
    found = await _to_answer(tx, payee_id, by=by, already=ProposalAnswer.REFUSED)
    if isinstance(found, Refused) or not found.is_waiting:
        return found
    await _answer(tx, found, ProposalAnswer.REFUSED, by=by, now=now, reason=reason)
    return found


async def withdraw_proposal(tx: Transaction, request_id: UUID, *, asked_by: UUID, now: datetime) -> Proposal | Refused:
    """The asker does not need it any more, or has seen why it came back.

    Refused: proposal-unknown, not-the-asker, proposal-answered.
    """
    found = await _locked(tx, await proposals_store.proposal_of(tx, request_id))
    if found is None:
        return Refused("proposal-unknown")
    if found.proposed_by != asked_by:
        return Refused("not-the-asker")
    if found.is_waiting:
        await _answer(tx, found, ProposalAnswer.WITHDRAWN, by=asked_by, now=now)
    elif found.state == ProposalAnswer.REFUSED:
        await settle_proposal(tx, found, now=now)
    elif found.state != ProposalAnswer.WITHDRAWN:
        return Refused("proposal-answered")
    return found


async def settle_proposal(tx: Transaction, found: Proposal, *, now: datetime) -> None:
    """What came back has been seen to: asked again another way, or let go."""
    mine = payee_proposal.c.payee_id == found.payee_id
    changed = await tx.execute(
        update(payee_proposal)
        .where(mine, payee_proposal.c.settled_at.is_(None), payee_proposal.c.state == ProposalAnswer.REFUSED)
        .values(settled_at=now)
        .returning(payee_proposal.c.payee_id)
    )
    if changed.first() is not None:
        await tx.publish(PayeeProposalSettled(payee_id=found.payee_id, request_id=found.request_id), now=now)


async def lapse_proposals(tx: Transaction, trajectory_id: UUID, *, now: datetime) -> None:
    """The envelope closes: nobody needs to check for it any more. The programme is locked."""
    for found in await proposals_store.proposals_of(tx, trajectory_id):
        if found.is_waiting:
            await _answer(tx, found, ProposalAnswer.LAPSED, by=None, now=now)
        else:
            await settle_proposal(tx, found, now=now)


async def _to_answer(tx: Transaction, payee_id: UUID, *, by: UUID, already: ProposalAnswer) -> Proposal | Refused:
    found = await _locked(tx, await proposals_store.proposal_by_payee(tx, payee_id))
    if found is None:
        return Refused("proposal-unknown")
    if found.proposed_by == by:
        return Refused("own-proposal")
    return found if found.is_waiting or found.state == already else Refused("proposal-answered")


async def _locked(tx: Transaction, found: Proposal | None) -> Proposal | None:
    if found is None:
        return None
    await store.lock_programme(tx, found.programme)
    return await proposals_store.proposal_of(tx, found.request_id)


async def _answer(
    tx: Transaction,
    found: Proposal,
    answer: ProposalAnswer,
    *,
    by: UUID | None,
    now: datetime,
    reason: Code | None = None,
) -> None:
    await tx.execute(
        update(payee_proposal)
        .where(payee_proposal.c.payee_id == found.payee_id)
        .values(state=answer, reason=reason, answered_by=by, answered_at=now)
    )
    envelope = await store.envelope_of(tx, found.trajectory_id)
    if envelope is None:
        raise LookupError("a proposal without its envelope")
    await tx.publish(
        PayeeProposalAnswered(
            payee_id=found.payee_id,
            request_id=found.request_id,
            trajectory_id=found.trajectory_id,
            family_id=envelope.family_id,
            programme=found.programme,
            proposed_by=found.proposed_by,
            answer=answer,
        ),
        now=now,
    )


def _as_it_stands(known: Proposal, command: ProposePayee, proposed_by: UUID) -> Proposed | Refused:
    asked = command.request
    wished = (asked.trajectory_id, asked.category, asked.amount_cents, asked.urgent, command.iban, proposed_by)
    stands = (known.trajectory_id, known.category, known.amount_cents, known.urgent, known.iban, known.proposed_by)
    same = stands == wished and same_motive(known.motive, command.motive)
    return Proposed(request_id=known.request_id, changed=False) if same else Refused("request-differs")


def proposed_payee_id(request_id: UUID) -> UUID:
    """The id that the organisation of a request will have once it is registered."""
    return stable_id("proposed-payee", request_id)
