"""Keeps a programme's figures as they stood, and tells that they are there."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert

from services.monitor.contracts import MakeReport, ReportKept
from services.monitor.events import ReportMade
from services.monitor.readings import figures as read_figures
from services.monitor.store import report
from services.shared.database import Transaction
from services.shared.types import stable_id


async def make_report(tx: Transaction, command: MakeReport, *, now: datetime) -> ReportKept:
    """Keep the figures until the end of the period; a report that is there already stays as it is."""
    report_id = stable_id("report", command.programme, command.number)
    figures = await read_figures(tx, command.programme, command.until)
    kept = (
        insert(report)
        .values(
            report_id=report_id,
            programme=command.programme,
            version=command.programme_version,
            number=command.number,
            until=command.until,
            figures=figures.model_dump(mode="json"),
            made_at=now,
        )
        .on_conflict_do_nothing()
        .returning(report.c.report_id)
    )
    if (await tx.execute(kept)).first() is not None:
        await tx.publish(ReportMade(report_id=report_id, programme=command.programme, until=command.until), now=now)
    return ReportKept(report_id=report_id)
