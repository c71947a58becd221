"""Makes a draft into an intake: consents, household, needs and a BSN, all or nothing, once."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from services.intake import store
from services.intake.commands import CompleteIntake, GiveConsent, WithdrawConsent
from services.intake.domain import SignalState
from services.intake.domain.consents import GIVEN
from services.intake.domain.told import Fault, Step
from services.intake.handlers.consents import give_consent, withdraw_consent
from services.intake.handlers.drafts import (
    Readings,
    Stale,
    programme_of,
    read_draft,
    refused_consents,
    unanswered_likeness,
)
from services.intake.handlers.intakes import Completed, complete_intake
from services.intake.handlers.likely import Known, likely_families
from services.intake.sealing import Seal
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.outcomes import Refused


@dataclass(frozen=True)
class Unfinished:
    """What still has to be told or mended before the intake can be done."""

    faults: tuple[Fault, ...]
    family_to_choose: bool = False


async def finish_draft(
    tx: Transaction, signal_id: UUID, version: int, *, seal: Seal, now: datetime, by: UUID, within: Known = None
) -> Completed | Unfinished | Stale | Refused:
    """Do the intake with what the draft says, exactly as it was seen (`version`); the draft is gone after it.

    Whoever gets a Refused back undoes the transaction.
    """
    found = await store.signal_by_id(tx, signal_id)
    if found is None:
        return Refused("unknown-signal")
    # A consent that is taken back gives a place in the line to who is next: that lock comes first.
    await store.lock_programme(tx, found.programme)
    signal = await store.signal_by_id(tx, signal_id, lock=True) or found
    if done := await store.intake_of(tx, signal_id):
        return Completed(family_id=done.family_id, returning=done.returning)
    if signal.state is not SignalState.OPEN:
        return Refused("signal-not-open")
    draft = await store.draft_of(tx, signal_id, lock=True)
    if draft is None:
        return Refused("draft-gone")
    if draft.version != version:
        return Stale(draft, Step.CHECK)
    readings = read_draft(programme_of(signal), draft, today=local_date(now))
    alike = await likely_families(tx, draft, seal=seal, within=within) if signal.family_id is None else []
    to_choose = unanswered_likeness(draft, alike)
    if readings.faults or to_choose:
        return Unfinished(tuple(readings.faults), family_to_choose=bool(to_choose))
    if refused := refused_consents(programme_of(signal), readings):
        return Refused("consent-missing", refused)
    given = await _keep_consents(tx, signal, draft, readings, now=now, by=by)
    if isinstance(given, Refused):
        return given
    completed = await complete_intake(tx, _command(signal_id, given, readings), now=now, by=by)
    if isinstance(completed, Completed):
        if draft.bsn is not None:
            number = seal.open(draft.bsn, owner=signal_id)
            await _keep_number(tx, completed.family_id, number, seal=seal, now=now, by=by)
        await tx.execute(delete(store.intake_draft).where(store.intake_draft.c.signal_id == signal_id))
    return completed


async def _keep_consents(
    tx: Transaction, signal: store.Signal, draft: store.Draft, readings: Readings, *, now: datetime, by: UUID
) -> UUID | Refused:
    """Write down each answer with the time and the person of the talk; gives the family."""
    step = draft.steps[Step.CONSENT]
    family_id = signal.family_id or draft.known_family_id
    talk = {"language": step["told"].get("language", "nl"), "words_in": step["told"].get("words_in") or None}
    at, heard_by = datetime.fromisoformat(step["at"]), UUID(step["by"])
    before = await store.consents(tx, family_id, signal.programme) if family_id is not None else {}
    for purpose, given in readings.consents.value.items():
        if not given and family_id is not None and before.get(purpose) == GIVEN:
            taken_back = WithdrawConsent(family_id=family_id, programme=signal.programme, purpose=purpose, **talk)
            outcome = await withdraw_consent(tx, taken_back, now=now, by=heard_by)
            if isinstance(outcome, Refused):
                return outcome
            continue
        answer = GiveConsent(signal_id=signal.id, family_id=family_id, purpose=purpose, given=given, **talk)
        answered = await give_consent(tx, answer, now=now, by=heard_by, at=at)
        if isinstance(answered, Refused):
            return answered
        family_id = answered
    return family_id if family_id is not None else Refused("consent-missing")


def _command(signal_id: UUID, family_id: UUID, readings: Readings) -> CompleteIntake:
    reached = readings.reached.value
    return CompleteIntake.model_validate(
        {
            "signal_id": signal_id,
            "family_id": family_id,
            "address": reached.address,
            "contact": reached.contact,
            "members": readings.household.value.members,
            "expected_births": readings.household.value.expected_births,
            "themes": readings.wishes.value.themes,
            "urgent_needs": readings.wishes.value.urgent_needs,
            "income_band": readings.wishes.value.income_band,
        }
    )


async def _keep_number(tx: Transaction, family_id: UUID, number: str, *, seal: Seal, now: datetime, by: UUID) -> None:
    values = {
        "sealed": seal.close(number, owner=family_id),
        "mark": seal.mark(number),
        "recorded_at": now,
        "recorded_by": by,
    }
    await tx.execute(
        insert(store.citizen_number)
        .values(family_id=family_id, **values)
        .on_conflict_do_update(index_elements=["family_id"], set_=values)
    )


async def read_number(tx: Transaction, family_id: UUID, *, seal: Seal) -> str:
    """A family's BSN, for whoever may see it and is written down as having seen it; empty where there is none."""
    row = (
        await tx.execute(store.citizen_number.select().where(store.citizen_number.c.family_id == family_id))
    ).one_or_none()
    return seal.open(row.sealed, owner=family_id) if row is not None else ""
