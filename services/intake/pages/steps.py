"""What the screens of an intake share: their addresses, the sign-up itself, and the page for who was second."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from starlette.responses import Response

from services.intake import store
from services.intake.domain.told import Step
from services.intake.handlers import Stale
from services.intake.pages.typed import differences, repeated
from services.shared.access import Actor
from services.shared.database import Transaction
from services.shared.problems import Problem
from services.shared.screens.web import Page

STEPS = tuple(Step)
TO_CHECK = f"?terug={Step.CHECK.value}"


def conflict(
    page: Page,
    signal_id: UUID,
    step: Step,
    stale: Stale,
    actor: Actor,
    mine: dict[str, Any],
    *,
    saved_as: str | None = None,
    to_check: bool = False,
) -> Response:
    """Who saved what meanwhile, and what the reader wants to do about it."""
    theirs = stale.draft.steps.get(saved_as or step, {})
    by = UUID(theirs["by"]) if theirs else stale.draft.saved_by
    values = {
        "signal_id": signal_id,
        "step": step.value,
        "by": by,
        "mine_elsewhere": by == actor.person,
        "at": datetime.fromisoformat(theirs["at"]) if theirs else stale.draft.saved_at,
        "differences": differences(theirs.get("told", {}), mine) if mine else [],
        "fields": repeated(step, mine) if mine else [],
        "version": stale.draft.version,
        "to_check": to_check,
    }
    return page("intake_conflict.html", values, status=409)


async def signal_row(tx: Transaction, signal_id: UUID) -> Any:
    """The signal's own row: with how to reach the family."""
    row = (await tx.execute(select(store.signal).where(store.signal.c.id == signal_id))).one_or_none()
    if row is None:
        raise Problem(404, "unknown-signal")
    return row


def version_in(form: Any) -> int:
    """The version that a form was made from; 0 for what is no number, which is as old as can be."""
    text = str(form.get("version", ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def step_path(signal_id: UUID, step: Step, *, to_check: bool = False) -> str:
    """Where a step stands; `to_check` for a change that was begun at the last step and leads back there."""
    return f"/intake/intakes/{signal_id}/{step.value}{TO_CHECK if to_check else ''}"


def begun_at_check(form: Any) -> bool:
    return str(form.get("terug", "")) == Step.CHECK.value


def outcome_path(signal_id: UUID) -> str:
    return f"/intake/uitkomsten/{signal_id}"
