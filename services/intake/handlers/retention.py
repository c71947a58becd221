"""Letting go of data: what identified a family is gone when nobody has a reason to keep it any longer."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update

from services.intake import outreach_store, store
from services.intake.contracts import Counted, EraseDue
from services.intake.events import FamilyErased
from services.intake.handlers.public_forms import COUNTED_FOR
from services.intake.tables import first_contact
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.types import Code

PERSONAL_OF_FAMILY = (
    *("area", "street", "house_number", "postcode", "city"),
    *("phone", "email", "contact_channel", "contact_moment"),
)
PERSONAL_OF_SIGNAL = ("contact_name", "contact_phone", "contact_email")


async def erase_due(tx: Transaction, command: EraseDue, *, now: datetime) -> Counted:
    """Erase at most `limit` files of a programme whose term has passed: families first, then signals without one.

    A family stays as long as any of its signals or trajectories has no end, or a term that still runs.
    """
    today = local_date(now)
    await outreach_store.forget_public_forms(tx, until=now - COUNTED_FOR, today=today)
    found = await _families_due(tx, command.programme, today, command.limit)
    for family_id in found:
        await store.family_by_id(tx, family_id, lock=True)
    # Asked again behind the locks: a family may have come back while we waited for its row.
    families = await _families_due(tx, command.programme, today, command.limit, among=found)
    for family_id in families:
        await _erase_family(tx, family_id, now=now)
    signals = await _erase_signals(tx, command.programme, today, command.limit - len(families), now=now)
    return Counted(count=len(families) + signals)


async def _families_due(
    tx: Transaction, programme: Code, today: date, limit: int, *, among: list[UUID] | None = None
) -> list[UUID]:
    signal, family = store.signal, store.family
    passed = func.coalesce(signal.c.erase_on <= today, False)
    query = (
        select(family.c.id)
        .join(signal, signal.c.family_id == family.c.id)
        .where(family.c.erased_at.is_(None))
        .group_by(family.c.id)
        .having(func.bool_and(passed), func.bool_or(signal.c.programme == programme))
        .order_by(family.c.id)
        .limit(limit)
    )
    if among is not None:
        query = query.where(family.c.id.in_(among))
    return list((await tx.execute(query)).scalars())


async def _erase_family(tx: Transaction, family_id: UUID, *, now: datetime) -> None:
    """Its id stays, so that nothing that refers to it breaks and it is never taken for a new family.

    Files that were merged into it go with it.
    """
    merged = select(store.family.c.id).where(
        store.family.c.merged_into == family_id, store.family.c.erased_at.is_(None)
    )
    for file_id in list((await tx.execute(merged.order_by(store.family.c.id))).scalars()):
        await _erase_file(tx, file_id, now=now)
    await _erase_file(tx, family_id, now=now)


async def _erase_file(tx: Transaction, family_id: UUID, *, now: datetime) -> None:
    for table in (store.household_member, store.expected_birth, store.intake_record, store.citizen_number):
        await tx.execute(delete(table).where(table.c.family_id == family_id))
    nothing = dict.fromkeys(PERSONAL_OF_FAMILY)
    await tx.execute(
        update(store.family)
        .where(store.family.c.id == family_id)
        .values(**nothing, languages=[], interpreter=False, erased_at=now)
    )
    await tx.execute(
        update(store.signal)
        .where(store.signal.c.family_id == family_id)
        .values(**dict.fromkeys(PERSONAL_OF_SIGNAL), contact_erased_at=now)
    )
    signals = select(store.signal.c.id).where(store.signal.c.family_id == family_id)
    await outreach_store.erase_first_contacts(tx, first_contact.c.signal_id.in_(signals))
    await tx.execute(delete(store.intake_draft).where(store.intake_draft.c.signal_id.in_(signals)))
    trajectories = (
        select(store.enrolment.c.trajectory_id)
        .where(store.enrolment.c.family_id == family_id)
        .order_by(store.enrolment.c.trajectory_id)
    )
    found = (await tx.execute(trajectories)).scalars()
    await tx.publish(FamilyErased(family_id=family_id, trajectory_ids=tuple(found)), now=now)


async def _erase_signals(tx: Transaction, programme: Code, today: date, limit: int, *, now: datetime) -> int:
    """Signals that never led to a family: only how to reach it was known."""
    signal = store.signal
    due = (
        select(signal.c.id)
        .where(
            signal.c.programme == programme,
            signal.c.family_id.is_(None),
            signal.c.contact_erased_at.is_(None),
            signal.c.erase_on <= today,
        )
        .order_by(signal.c.id)
        .limit(limit)
    )
    erased = await tx.execute(
        update(signal)
        .where(signal.c.id.in_(due))
        .values(**dict.fromkeys(PERSONAL_OF_SIGNAL), contact_erased_at=now)
        .returning(signal.c.id)
    )
    found = list(erased.scalars())
    await outreach_store.erase_first_contacts(tx, first_contact.c.signal_id.in_(found))
    await tx.execute(delete(store.intake_draft).where(store.intake_draft.c.signal_id.in_(found)))
    return len(found)
