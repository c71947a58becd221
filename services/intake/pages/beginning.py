"""How a family came in: where it was met, who reached it and when, what it was asked, its intake."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.intake import store
from services.intake.domain.consents import GIVEN, REFUSED
from services.shared.database import Transaction
from services.shared.types import Code


@dataclass(frozen=True, kw_only=True)
class Began:
    """One thing before there was a place; `about` is an outcome, or the programme in which the family was met."""

    at: datetime
    what: Code
    by: UUID | None
    about: Code | None = None


async def beginning(tx: Transaction, signal: Any) -> list[Began]:
    """From the first contact to the intake, the first on top; `signal` is the row of a sign-up."""
    before = await store.signals_before(tx, signal.id)
    met_at = min(each.received_at for each in (signal, *before))
    found = [Began(at=met_at, what="met", by=signal.received_by)]
    if before:
        found.append(Began(at=signal.switched_at, what="switched", by=signal.switched_by, about=before[0].programme))
    attempt = store.contact_attempt
    tried = await tx.execute(select(attempt).where(attempt.c.signal_id == signal.id))
    found += [Began(at=row.at, what="tried", by=row.by, about=row.outcome) for row in tried]
    mend, chain = store.signal_change, [each.id for each in (signal, *before)]
    mended = await tx.execute(select(mend).where(mend.c.signal_id.in_(chain)))
    found += [Began(at=row.at, what="mended", by=row.by_person) for row in mended]
    record = await store.intake_of(tx, signal.id)
    if record is not None:
        answers = await store.consent_history(tx, signal.family_id, signal.programme)
        asked = [row for row in answers if row.answer in (GIVEN, REFUSED) and met_at <= row.at <= record.completed_at]
        found += [Began(at=row.at, what="asked", by=row.recorded_by) for row in asked[-1:]]
        found.append(Began(at=record.completed_at, what="intake", by=record.completed_by))
    return sorted(found, key=lambda each: each.at)
