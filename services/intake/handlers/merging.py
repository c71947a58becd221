"""Two files that turn out to be of one family become one, and two again when that was a mistake."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, func, select, update
from sqlalchemy.dialects.postgresql import insert

from services.intake import store
from services.intake.commands import MEMBERS_MAX, MergeFamilies, UnmergeFamilies
from services.intake.domain import LIKELY_MIN, Person, likeness
from services.intake.events import FamilyMerged, FamilyUnmerged
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.types import Code

BOTH_ENROLLED: Code = "both-enrolled"
MERGES_SHOWN_MAX = 100

ADDRESS = ("area", "street", "house_number", "postcode", "city")


async def merge_families(tx: Transaction, command: MergeFamilies, *, now: datetime, by: UUID) -> UUID | Refused:
    """Let one file go into the other; gives the id of the one that keeps. The same merge again changes nothing.

    What moves: signals, intakes, drafts, trajectories, and the people that the other does not have. What the family
    answered stays where it was answered, and counts. Refuses while both are in a trajectory: which of the two goes on
    is for people to say first.
    """
    done = await merge_by_id(tx, command.merge_id)
    if done is not None:
        same = (done.kept_id, done.merged_id) == (command.kept_id, command.merged_id)
        return command.kept_id if same else Refused("id-already-used")
    if command.kept_id == command.merged_id:
        return Refused("same-family")
    await _lock(tx, command.kept_id, command.merged_id)
    kept = await store.family_by_id(tx, command.kept_id)
    merged = await store.family_by_id(tx, command.merged_id)
    if any(each is None or each.erased_at is not None for each in (kept, merged)):
        return Refused("unknown-family")
    if kept.merged_into is not None or merged.merged_into is not None:
        return Refused("merged-already")
    if await store.active_enrolments(tx, kept.id) and await store.active_enrolments(tx, merged.id):
        return Refused(BOTH_ENROLLED)
    people = await _people_who_move(tx, kept.id, merged.id)
    if isinstance(people, Refused):
        return people
    moved: dict[str, Any] = {
        "signals": await _move(tx, store.signal, store.signal.c.id, merged.id, kept.id),
        "intakes": await _move(tx, store.intake_record, store.intake_record.c.signal_id, merged.id, kept.id),
        "trajectories": await _move(tx, store.enrolment, store.enrolment.c.trajectory_id, merged.id, kept.id),
        "members": await _move_people(tx, people, kept.id),
        "address": kept.postcode is None and merged.postcode is not None,
    }
    drafts = store.intake_draft
    await tx.execute(update(drafts).where(drafts.c.known_family_id == merged.id).values(known_family_id=kept.id))
    if moved["address"]:
        address = {name: getattr(merged, name) for name in ADDRESS}
        await tx.execute(update(store.family).where(store.family.c.id == kept.id).values(**address))
    family = store.family
    files = (family.c.id == merged.id) | (family.c.merged_into == merged.id)
    await tx.execute(update(family).where(files).values(merged_into=kept.id))
    await tx.execute(
        insert(store.family_merge).values(
            id=command.merge_id, kept_id=kept.id, merged_id=merged.id, moved=moved, merged_at=now, merged_by=by
        )
    )
    await tx.publish(
        FamilyMerged(
            family_id=kept.id,
            merged_id=merged.id,
            merge_id=command.merge_id,
            signal_ids=_ids(moved["signals"]),
            trajectory_ids=_ids(moved["trajectories"]),
        ),
        now=now,
    )
    return command.kept_id


async def unmerge_families(tx: Transaction, command: UnmergeFamilies, *, now: datetime, by: UUID) -> UUID | Refused:
    """Make two files of one again: what moved goes back; what came since stays with the one that kept.

    Gives the id of the file that stands on its own again. Refuses once it is erased, and while the one that kept has
    itself gone into a third.
    """
    done = await merge_by_id(tx, command.merge_id)
    if done is None:
        return Refused("unknown-merge")
    if done.unmerged_at is not None:
        return UUID(str(done.merged_id))
    await _lock(tx, done.kept_id, done.merged_id)
    kept = await store.family_by_id(tx, done.kept_id)
    merged = await store.family_by_id(tx, done.merged_id)
    if kept.erased_at is not None or merged.erased_at is not None:
        return Refused("unknown-family")
    if kept.merged_into is not None or merged.merged_into != kept.id:
        return Refused("merged-further")
    moved = done.moved
    await _move_back(tx, store.signal, store.signal.c.id, moved["signals"], kept.id, merged.id)
    await _move_back(tx, store.intake_record, store.intake_record.c.signal_id, moved["intakes"], kept.id, merged.id)
    await _move_back(tx, store.enrolment, store.enrolment.c.trajectory_id, moved["trajectories"], kept.id, merged.id)
    member = store.household_member
    for person in moved["members"]:
        await tx.execute(
            update(member)
            .where(member.c.id == UUID(person["id"]), member.c.family_id == kept.id)
            .values(family_id=merged.id, number=person["number"])
        )
    if moved["address"] and (kept.postcode, kept.house_number) == (merged.postcode, merged.house_number):
        await tx.execute(update(store.family).where(store.family.c.id == kept.id).values(**dict.fromkeys(ADDRESS)))
    # A file that had gone into the merged one before goes with it again.
    earlier = select(store.family_merge.c.merged_id).where(
        store.family_merge.c.kept_id == merged.id, store.family_merge.c.unmerged_at.is_(None)
    )
    await tx.execute(update(store.family).where(store.family.c.id.in_(earlier)).values(merged_into=merged.id))
    await tx.execute(update(store.family).where(store.family.c.id == merged.id).values(merged_into=None))
    history = store.family_merge
    await tx.execute(update(history).where(history.c.id == done.id).values(unmerged_at=now, unmerged_by=by))
    await tx.publish(
        FamilyUnmerged(
            family_id=kept.id,
            merged_id=merged.id,
            merge_id=done.id,
            signal_ids=_ids(moved["signals"]),
            trajectory_ids=_ids(moved["trajectories"]),
        ),
        now=now,
    )
    return UUID(str(merged.id))


async def merge_by_id(tx: Transaction, merge_id: UUID) -> Any:
    """One merge as it stands in the history, None for one that never was."""
    return (await tx.execute(select(store.family_merge).where(store.family_merge.c.id == merge_id))).one_or_none()


async def merges_of(tx: Transaction, family_id: UUID) -> Sequence[Any]:
    """What was merged into a family or what it was merged into, also what was undone; newest first."""
    history = store.family_merge
    query = select(history).where((history.c.kept_id == family_id) | (history.c.merged_id == family_id))
    return (await tx.execute(query.order_by(history.c.merged_at.desc(), history.c.id).limit(MERGES_SHOWN_MAX))).all()


async def _lock(tx: Transaction, one: UUID, other: UUID) -> None:
    """Nobody gives a place to either of them, or changes them, until this is done; always in the same order."""
    signal = store.signal
    programmes = select(signal.c.programme).where(signal.c.family_id.in_([one, other])).distinct()
    for code in sorted((await tx.execute(programmes)).scalars()):
        await store.lock_programme(tx, code)
    for family_id in sorted([one, other]):
        await store.family_by_id(tx, family_id, lock=True)


async def _move(tx: Transaction, table: Table, key: Any, merged_id: UUID, kept_id: UUID) -> list[str]:
    found = await tx.execute(
        update(table).where(table.c.family_id == merged_id).values(family_id=kept_id).returning(key)
    )
    return sorted(str(each) for each in found.scalars())


async def _move_back(
    tx: Transaction, table: Table, key: Any, ids: Sequence[str], kept_id: UUID, merged_id: UUID
) -> None:
    theirs = key.in_(_ids(ids)) & (table.c.family_id == kept_id)
    await tx.execute(update(table).where(theirs).values(family_id=merged_id))


async def _people_who_move(tx: Transaction, kept_id: UUID, merged_id: UUID) -> list[Any] | Refused:
    """The people of the one file whom nobody in the other resembles: twins move, the same person does not."""
    ours = await store.members(tx, kept_id)
    theirs = await store.members(tx, merged_id)
    known = [_person(row) for row in ours]
    new = [row for row in theirs if all(likeness(_person(row), each) < LIKELY_MIN for each in known)]
    return new if len(ours) + len(new) <= MEMBERS_MAX else Refused("too-many-people")


async def _move_people(tx: Transaction, people: list[Any], kept_id: UUID) -> list[dict[str, Any]]:
    member = store.household_member
    highest = select(func.coalesce(func.max(member.c.number), 0)).where(member.c.family_id == kept_id)
    last = (await tx.execute(highest)).scalar_one()
    for number, row in enumerate(people, start=last + 1):
        await tx.execute(update(member).where(member.c.id == row.id).values(family_id=kept_id, number=number))
    return [{"id": str(row.id), "number": row.number} for row in people]


def _person(row: Any) -> Person:
    return Person(
        given_name=row.given_name, prefix=row.prefix, surname=row.surname, birth_date=row.birth_date, postcode=None
    )


def _ids(texts: Sequence[str]) -> tuple[UUID, ...]:
    return tuple(UUID(each) for each in texts)
