"""What intake remembers of a family: who wrote down what when, told from the rows that are only added."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy import select
from starlette.responses import Response

from programmes.load import all_programmes, load
from programmes.words import in_language
from services.intake import store, tables
from services.shared.access import Actor, allowed
from services.shared.database import Transaction
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.readings import must_read
from services.shared.screens.part import PartOf
from services.shared.screens.web import PageOf
from services.shared.types import Code
from services.shared.web import DatabaseOf, Now

LINES_MAX = 200

router = APIRouter()

HistoryReader = Annotated[Actor, Depends(allowed(Permission.READ_HISTORY))]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing that was done; `about` is a purpose or an outcome, in codes; `text` is what the family agreed to."""

    at: datetime
    what: Code
    by: UUID | None
    about: Code | None = None
    text: str | None = None
    text_language: str | None = None


@router.get("/panelen/geschiedenis/{trajectory_id}")
async def show_history(
    trajectory_id: UUID, actor: HistoryReader, page: PageOf, part: PartOf, database: DatabaseOf, now: Now
) -> Response:
    """How the family came in, what it answered, and who wrote it down; the latest first."""
    async with database.transaction() as tx:
        scope = await must_read(
            tx, actor, Permission.READ_HISTORY, what="history", now=now, trajectory_id=trajectory_id
        )
        enrolment = await store.enrolment_by_trajectory(tx, trajectory_id)
        if scope.family_id is None or enrolment is None:
            raise Problem(404, "unknown-family")
        lines = await _lines(tx, scope.family_id, enrolment.programme)
    programme = in_language(load(enrolment.programme, enrolment.programme_version), page.language)
    values = {
        "part": part,
        "trajectory_id": trajectory_id,
        "lines": sorted(lines, key=lambda line: line.at, reverse=True)[:LINES_MAX],
        "programmes": {each.id: each for each in all_programmes()},
        "purposes": {each.code: each.text for each in programme.intake.consents},
        "words_in": programme.language,
    }
    return page("family_history.html", values)


async def _lines(tx: Transaction, family_id: UUID, programme: Code) -> list[Line]:
    signal, attempt, consent, record = tables.signal, tables.contact_attempt, tables.consent, tables.intake_record
    mend = tables.signal_change
    signals = select(signal.c.id).where(signal.c.family_id == family_id, signal.c.programme == programme)
    answers = select(consent).where(consent.c.family_id == family_id, consent.c.programme == programme)
    met = list(await tx.execute(select(signal).where(signal.c.id.in_(signals))))
    before = {row.id: await store.signals_before(tx, row.id) for row in met if row.switched_from is not None}
    earlier = [each.id for found in before.values() for each in found]
    tried = await tx.execute(select(attempt).where(attempt.c.signal_id.in_(signals)))
    answered = await tx.execute(answers)
    told = await tx.execute(select(record).where(record.c.signal_id.in_(signals)))
    mended = await tx.execute(select(mend).where(mend.c.signal_id.in_([*(row.id for row in met), *earlier])))
    changed = await tx.execute(select(tables.family_change).where(tables.family_change.c.family_id == family_id))
    return [
        *(Line(at=row.received_at, what="met", by=row.received_by) for row in met if row.id not in before),
        *(
            Line(at=row.switched_at, what="switched", by=row.switched_by, about=before[row.id][0].programme)
            for row in met
            if row.id in before
        ),
        *(Line(at=row.at, what="tried", by=row.by, about=row.outcome) for row in tried),
        *(_answer(row) for row in answered),
        *(Line(at=row.completed_at, what="intake", by=row.completed_by) for row in told),
        *(Line(at=row.at, what="mended", by=row.by_person) for row in mended),
        *(Line(at=row.at, what=row.what, by=row.by_person) for row in changed),
    ]


def _answer(row: Any) -> Line:
    return Line(
        at=row.at,
        what=row.answer,
        by=row.recorded_by,
        about=row.purpose,
        text=row.text,
        text_language=row.text_language,
    )
