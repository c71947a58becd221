"""An intake while it is going on: saved after each step, taken up on another device, done once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from programmes.load import load
from programmes.schema import Programme
from services.intake import store
from services.intake.commands import ChooseFamily, SaveDraft
from services.intake.domain import SignalState, required_purposes
from services.intake.domain.told import (
    Fault,
    Household,
    Reached,
    Reading,
    Step,
    Wishes,
    consents_told,
    contact_told,
    household_told,
    wishes_told,
)
from services.intake.handlers.likely import Known, Likely, likely_families
from services.intake.sealing import Seal
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.types import Code

FAMILY_STEP: Code = "familie"
"""The choice between a family that is known and another one; asked where the household is told."""
OTHER, SAME = "other", "same"


@dataclass(frozen=True)
class Stale:
    """Somebody else saved this since the form was made; `draft` is what stands now, `step` what both changed."""

    draft: store.Draft
    step: Code


@dataclass(frozen=True)
class Readings:
    """All steps of a draft as they are understood now."""

    consents: Reading[dict[Code, bool]]
    household: Reading[Household]
    reached: Reading[Reached]
    wishes: Reading[Wishes]

    @property
    def faults(self) -> list[Fault]:
        """What is wrong, in the order of the steps."""
        return [
            *self.consents.faults,
            *self.household.faults,
            *self.reached.faults,
            *self.wishes.faults,
        ]


def read_draft(programme: Programme, draft: store.Draft, *, today: date) -> Readings:
    """Understand what was typed."""
    return Readings(
        consents=consents_told(programme, draft.told(Step.CONSENT)),
        household=household_told(draft.told(Step.HOUSEHOLD), today=today),
        reached=contact_told(draft.told(Step.CONTACT)),
        wishes=wishes_told(programme, draft.told(Step.WISHES)),
    )


def refused_consents(programme: Programme, readings: Readings) -> tuple[Code, ...]:
    """The purposes to which the family says no and without which the programme cannot go on."""
    required = required_purposes(programme)
    return tuple(purpose for purpose, given in readings.consents.value.items() if purpose in required and not given)


async def save_step(tx: Transaction, command: SaveDraft, *, now: datetime, by: UUID) -> store.Draft | Stale | Refused:
    """Keep one step as it was typed, right or wrong. The same again changes nothing.

    Stale when somebody else saved this same step since `version`; other steps do not get in each other's way.
    """
    return await _save(tx, command.signal_id, command.version, command.step, command.told, now=now, by=by)


async def save_bsn(
    tx: Transaction, signal_id: UUID, version: int, number: str | None, *, seal: Seal, now: datetime, by: UUID
) -> store.Draft | Stale | Refused:
    """Keep a BSN under seal with the draft, or take it away (None)."""
    draft = await store.draft_of(tx, signal_id)
    before = draft.bsn if draft is not None else None
    same = before is not None and number is not None and seal.open(before, owner=signal_id) == number
    if draft is not None and (same or (number is None and before is None)):
        return draft
    told = {"given": number is not None, "at": now.isoformat()}
    saved = await _save(tx, signal_id, version, Step.BSN, told, now=now, by=by)
    if isinstance(saved, store.Draft):
        sealed = seal.close(number, owner=signal_id) if number is not None else None
        await tx.execute(
            update(store.intake_draft).where(store.intake_draft.c.signal_id == signal_id).values(bsn=sealed)
        )
    return saved


async def choose_family(
    tx: Transaction, command: ChooseFamily, *, seal: Seal, now: datetime, by: UUID, within: Known = None
) -> store.Draft | Stale | Refused:
    """Say whether the household is a family that is known here, or another one, after looking at who is alike.

    Refuses a family that nobody in the draft resembles: nobody is put into a file by its number alone.
    """
    signal = await store.signal_by_id(tx, command.signal_id, lock=True)
    draft = await store.draft_of(tx, command.signal_id)
    if signal is None or draft is None:
        return Refused("draft-gone")
    if signal.family_id is not None:
        return Refused("signal-is-of-another-family")
    alike = await likely_families(tx, draft, seal=seal, within=within)
    seen = [str(each.family_id) for each in alike]
    if command.family_id is not None and str(command.family_id) not in seen:
        return Refused("not-alike")
    told = {
        "choice": OTHER if command.family_id is None else SAME,
        "family": str(command.family_id or ""),
        "seen": seen,
    }
    saved = await _save(tx, command.signal_id, command.version, FAMILY_STEP, told, now=now, by=by)
    if isinstance(saved, store.Draft):
        await tx.execute(
            update(store.intake_draft)
            .where(store.intake_draft.c.signal_id == command.signal_id)
            .values(known_family_id=command.family_id)
        )
    return saved


def unanswered_likeness(draft: store.Draft, alike: list[Likely]) -> list[Likely]:
    """Families that are alike and about which nobody has said yet whether they are this one."""
    told = draft.told(FAMILY_STEP)
    if told.get("choice") == SAME:
        return []
    return [each for each in alike if str(each.family_id) not in told.get("seen", ())]


async def _save(
    tx: Transaction, signal_id: UUID, version: int, step: Code, told: Mapping[str, Any], *, now: datetime, by: UUID
) -> store.Draft | Stale | Refused:
    signal = await store.signal_by_id(tx, signal_id, lock=True)
    if signal is None:
        return Refused("unknown-signal")
    if signal.state is not SignalState.OPEN:
        return Refused("signal-not-open")
    draft = await store.draft_of(tx, signal_id, lock=True)
    if draft is None and version:
        return Refused("draft-gone")
    steps = draft.steps if draft is not None else {}
    if draft is not None and step in steps:
        if steps[step]["told"] == told:
            return draft
        if steps[step]["version"] > version:
            return Stale(draft, step)
    number = (draft.version if draft is not None else 0) + 1
    saved = {"told": dict(told), "version": number, "at": now.isoformat(), "by": str(by)}
    values = {"version": number, "told": steps | {step: saved}, "saved_at": now, "saved_by": by}
    table = store.intake_draft
    await tx.execute(
        insert(table)
        .values(signal_id=signal_id, started_at=now, started_by=by, **values)
        .on_conflict_do_update(index_elements=["signal_id"], set_=values)
    )
    found = await store.draft_of(tx, signal_id)
    return found or Refused("draft-gone")


def programme_of(signal: store.Signal) -> Programme:
    """The programme under whose version this signal was received."""
    return load(signal.programme, signal.programme_version)
