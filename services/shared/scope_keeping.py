"""Keeps each service's `family_scope` from events: others' by the bus, its own in the transaction that tells them.

The events are known by name here, not by class: this library imports no service. An event may come before one that
causally precedes it when it has another sender; each keeper therefore only writes what its event says.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, delete, func, or_, true, update
from sqlalchemy.dialects.postgresql import insert

from services.shared.consumer import Consumer, Handler
from services.shared.database import Transaction
from services.shared.events import Event
from services.shared.one_family import kept_id
from services.shared.tables import SharedTables

AGAIN = "again"
"""The outcome of a trial after which a family waits for another tandem."""

Keeper = Callable[[Transaction, Any], Awaitable[None]]


def keep_own_scopes(tables: SharedTables, *kinds: type[Event]) -> None:
    """What a service tells it knows at once: these events change its `family_scope` where they are published."""
    for kind in kinds:
        tables.on_own_event[kind.type] = KEEPERS[kind.handler_name]


def keep_scopes(consumer: Consumer, *kinds: type[Event]) -> None:
    """Let a consumer keep `family_scope` from these events, before it does anything else with them.

    Call it after its handlers are registered.
    """
    for kind in kinds:
        consumer.handlers[kind.type] = _first(KEEPERS[kind.handler_name], consumer.handlers.get(kind.type))


def _first(keeper: Keeper, then: Handler | None) -> Handler:
    async def handle(tx: Transaction, event: Any, now: datetime) -> None:
        await keeper(tx, event)
        if then is not None:
            await then(tx, event, now)

    return handle


async def _signal_received(tx: Transaction, event: Any) -> None:
    facts = {"programme": event.programme, "area": event.area, "received_by": event.received_by}
    await _write(tx, "signal_id", event.signal_id, facts)


async def _intake_completed(tx: Transaction, event: Any) -> None:
    facts = {"family_id": event.family_id, "programme": event.programme}
    if event.intake_by is not None:
        facts["intake_by"] = event.intake_by
    await _write(tx, "signal_id", event.signal_id, facts)


async def _family_enrolled(tx: Transaction, event: Any) -> None:
    """The row of the signal and the row of the trajectory are one from here on."""
    scope = tx.tables.family_scope
    facts = {
        "trajectory_id": event.trajectory_id,
        "family_id": event.family_id,
        "programme": event.programme,
        "area": event.area,
    }
    for name in ("received_by", "intake_by"):
        if (person := getattr(event, name)) is not None:
            facts[name] = person
    early = (scope.c.trajectory_id == event.trajectory_id) & scope.c.signal_id.is_(None)
    known = (await tx.execute(delete(scope).where(early).returning(scope))).mappings().one_or_none()
    if known is not None:
        # Heard of by its trajectory first: what that told since stands.
        facts = {**facts, **{name: value for name, value in known.items() if value is not None and name != "id"}}
    await _write(tx, "signal_id", event.signal_id, facts)


async def _trajectory_opened(tx: Transaction, event: Any) -> None:
    facts = {"family_id": event.family_id, "programme": event.programme}
    area = getattr(event, "area", None)
    await _write(tx, "trajectory_id", event.trajectory_id, {**facts, **({"area": area} if area else {})})


async def _tandem_works(tx: Transaction, event: Any) -> None:
    """From the trial on. Events of before supporters and teams were told change nothing."""
    if event.supporter_id is None:
        return
    facts = {
        "family_id": event.family_id,
        "tandem_id": event.tandem_id,
        "supporter_id": event.supporter_id,
        "buddy_id": event.buddy_id,
        "team": event.team,
    }
    await _write(tx, "trajectory_id", event.trajectory_id, facts)


async def _tandem_ended(tx: Transaction, event: Any) -> None:
    """Its people see the family no more; the team that had it keeps it until another has."""
    scope = tx.tables.family_scope
    theirs = (scope.c.tandem_id == event.tandem_id) & scope.c.closed_on.is_(None)
    await _change(tx, theirs, tandem_id=None, supporter_id=None, buddy_id=None)


async def _trial_evaluated(tx: Transaction, event: Any) -> None:
    if event.outcome == AGAIN:
        await _tandem_ended(tx, event)


async def _person_changed(tx: Transaction, event: Any) -> None:
    """The families of a supporter who changes team go along: their one contact stays."""
    scope = tx.tables.family_scope
    theirs = (scope.c.supporter_id == event.person_id) & scope.c.closed_on.is_(None)
    await _change(tx, theirs & scope.c.team.is_distinct_from(event.team), team=event.team)


async def _person_left(tx: Transaction, event: Any) -> None:
    scope = tx.tables.family_scope
    still_open = scope.c.closed_on.is_(None)
    for name in ("supporter_id", "buddy_id", "received_by", "intake_by"):
        await _change(tx, (scope.c[name] == event.person_id) & still_open, **{name: None})


async def _family_moved(tx: Transaction, event: Any) -> None:
    scope = tx.tables.family_scope
    if event.trajectory_id is not None:
        await _change(tx, scope.c.trajectory_id == event.trajectory_id, area=event.area)
    else:
        await _change(tx, (scope.c.family_id == event.family_id) & scope.c.trajectory_id.is_(None), area=event.area)


async def _trajectory_closed(tx: Transaction, event: Any) -> None:
    """Whoever had it keeps it, until it is erased."""
    await _change(tx, tx.tables.family_scope.c.trajectory_id == event.trajectory_id, closed_on=event.closed_on)


async def _consent_given(tx: Transaction, event: Any) -> None:
    scope = tx.tables.family_scope
    if event.signal_id is not None:
        await _write(tx, "signal_id", event.signal_id, {"family_id": event.family_id})
    closed = (scope.c.family_id == event.family_id) & (func.cardinality(scope.c.closed_for) > 0)
    await _change(
        tx, closed & _of_its_programme(scope, event), closed_for=func.array_remove(scope.c.closed_for, event.purpose)
    )


async def _consent_withdrawn(tx: Transaction, event: Any) -> None:
    """Doors close at once where the programme cannot go on without this consent."""
    if not event.required:
        return
    scope = tx.tables.family_scope
    is_open = ~scope.c.closed_for.contains([event.purpose])
    met = (scope.c.family_id == event.family_id) & scope.c.trajectory_id.is_(None)
    which = (
        scope.c.trajectory_id == event.trajectory_id
        if event.trajectory_id is not None
        else met & _of_its_programme(scope, event)
    )
    await _change(tx, which & is_open, closed_for=func.array_append(scope.c.closed_for, event.purpose))


def _of_its_programme(scope: Table, event: Any) -> ColumnElement[bool]:
    """What a family answers to one programme opens and closes nothing in another; before, it was not told which."""
    return scope.c.programme == event.programme if event.programme is not None else true()


async def _family_erased(tx: Transaction, event: Any) -> None:
    scope = tx.tables.family_scope
    gone = or_(scope.c.family_id == event.family_id, scope.c.trajectory_id.in_(event.trajectory_ids))
    await tx.execute(delete(scope).where(gone))


async def _family_merged(tx: Transaction, event: Any) -> None:
    scope, alias = tx.tables.family_scope, tx.tables.family_alias
    known = insert(alias).values(merged_id=event.merged_id, family_id=event.family_id)
    await tx.execute(
        known.on_conflict_do_update(index_elements=[alias.c.merged_id], set_={"family_id": event.family_id})
    )
    await _change(tx, scope.c.family_id == event.merged_id, family_id=event.family_id)


async def _family_unmerged(tx: Transaction, event: Any) -> None:
    scope, alias = tx.tables.family_scope, tx.tables.family_alias
    await tx.execute(delete(alias).where(alias.c.merged_id == event.merged_id))
    theirs = or_(scope.c.signal_id.in_(event.signal_ids), scope.c.trajectory_id.in_(event.trajectory_ids))
    await _change(tx, theirs & (scope.c.family_id == event.family_id), family_id=event.merged_id)


async def _write(tx: Transaction, key: str, value: UUID, facts: dict[str, Any]) -> None:
    """Add a row, or change what the facts say of the row that is there."""
    scope = tx.tables.family_scope
    if "family_id" in facts:
        # Others go on calling a family by the file under which its trajectory began, also when that was merged since.
        facts = {**facts, "family_id": await kept_id(tx, facts["family_id"])}
    row = {key: value, **facts}
    changes = {name: each for name, each in row.items() if name != key}
    await tx.execute(insert(scope).values(row).on_conflict_do_update(index_elements=[scope.c[key]], set_=changes))


async def _change(tx: Transaction, which: ColumnElement[bool], **facts: Any) -> None:
    await tx.execute(update(tx.tables.family_scope).where(which).values(**facts))


KEEPERS: dict[str, Keeper] = {
    "on_signal_received": _signal_received,
    "on_intake_completed": _intake_completed,
    "on_family_enrolled": _family_enrolled,
    "on_trajectory_opened": _trajectory_opened,
    "on_envelope_opened": _trajectory_opened,
    "on_tandem_chosen": _tandem_works,
    "on_tandem_confirmed": _tandem_works,
    "on_tandem_ended": _tandem_ended,
    "on_trial_evaluated": _trial_evaluated,
    "on_person_changed": _person_changed,
    "on_person_left": _person_left,
    "on_family_moved": _family_moved,
    "on_trajectory_closed": _trajectory_closed,
    "on_consent_given": _consent_given,
    "on_consent_withdrawn": _consent_withdrawn,
    "on_family_erased": _family_erased,
    "on_family_merged": _family_merged,
    "on_family_unmerged": _family_unmerged,
}
"""By the name of an event's handler, what it changes in `family_scope`."""
