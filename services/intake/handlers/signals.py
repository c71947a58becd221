"""Signals: a family was met; somebody tries to reach it; or nothing came of it."""

import hashlib
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from programmes.load import latest, load, versions
from programmes.places import channels
from services.intake import outreach_store, store
from services.intake.commands import CorrectContact, ReceiveSignal, RecordContactAttempt
from services.intake.contracts import CloseSignal, Counted
from services.intake.domain import UNDECIDED, SignalState, erase_on, result_of_closing
from services.intake.events import ContactAttempted, SignalClosed, SignalReceived
from services.intake.handlers.admission import fill_places
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.types import Code, Digest


async def receive_signal(
    tx: Transaction, command: ReceiveSignal, *, now: datetime, by: UUID | None = None
) -> store.Signal | Refused:
    """Write down how and where a family was met. The same signal again changes nothing.

    Refuses another signal under the same id, an unknown programme, and a channel or a need that the programme does not
    have; any area will do, for a family from elsewhere should hear why the programme is not for it.
    """
    known = versions(command.programme)
    if not known or command.programme_version not in (None, *known):
        return Refused("unknown-programme")
    version = command.programme_version
    programme = latest(command.programme) if version is None else load(command.programme, version)
    if command.channel not in {channel.code for channel in channels(programme)}:
        return Refused("unknown-channel")
    categories = {category.code for category in programme.categories}
    if unknown := tuple(need for need in command.needs if need not in categories):
        return Refused("unknown-need", unknown)
    added = await tx.execute(
        insert(store.signal)
        .values(
            id=command.signal_id,
            programme=programme.id,
            programme_version=programme.version,
            area=command.area,
            channel=command.channel,
            state=SignalState.OPEN,
            received_at=now,
            received_by=by,
            contact_name=command.contact_name,
            contact_phone=command.contact_phone,
            contact_email=command.contact_email,
        )
        .on_conflict_do_nothing()
        .returning(store.signal.c.id)
    )
    if added.first() is not None:
        await outreach_store.write_first_contact(tx, command)
        await tx.publish(
            SignalReceived(
                signal_id=command.signal_id,
                programme=programme.id,
                programme_version=programme.version,
                area=command.area,
                channel=command.channel,
                received_by=by,
                needs=command.needs,
            ),
            now=now,
        )
    signal = await store.signal_by_id(tx, command.signal_id)
    if signal is None:
        return Refused("unknown-signal")
    # What was told about the family itself may have been erased since: it is not compared.
    same = (signal.programme, signal.area, signal.channel) == (command.programme, command.area, command.channel)
    return signal if same else Refused("id-already-used")


async def correct_contact(
    tx: Transaction, command: CorrectContact, *, now: datetime, by: UUID
) -> store.Signal | Refused:
    """What a family is called and how it is reached is mended, until its intake begins; who did it is kept.

    Refused: unknown-signal; intake-begun; changed-meanwhile when something else was seen than there is.
    """
    signal = await store.signal_by_id(tx, command.signal_id, lock=True)
    if signal is None:
        return Refused("unknown-signal")
    if not await may_be_corrected(tx, signal):
        return Refused("intake-begun")
    there = await outreach_store.contact_of(tx, signal.id)
    mended = outreach_store.ContactTold(
        name=command.contact_name, phone=command.contact_phone, email=command.contact_email, via=command.contact_via
    )
    if mended == there:
        return signal
    if command.seen != told_mark(there):
        return Refused("changed-meanwhile")
    await outreach_store.write_contact(tx, signal.id, mended)
    await tx.execute(insert(store.signal_change).values(signal_id=signal.id, at=now, by_person=by))
    return signal


def told_mark(told: outreach_store.ContactTold) -> Digest:
    """Of how a family was told to be reached: another mark once it is told otherwise."""
    return hashlib.sha256(repr(told).encode()).hexdigest()


async def may_be_corrected(tx: Transaction, signal: store.Signal) -> bool:
    """Whether what was told at the meeting is still what the intake will begin with."""
    return signal.state is SignalState.OPEN and await store.draft_of(tx, signal.id) is None


async def record_contact_attempt(
    tx: Transaction, command: RecordContactAttempt, *, now: datetime, by: UUID
) -> int | Refused:
    """Somebody tried to reach the family; gives the attempt's number. The same attempt again changes nothing."""
    signal = await store.signal_by_id(tx, command.signal_id, lock=True)
    if signal is None:
        return Refused("unknown-signal")
    attempts = store.contact_attempt
    known = (await tx.execute(attempts.select().where(attempts.c.attempt_id == command.attempt_id))).one_or_none()
    if known is not None:
        return int(known.attempt) if known.signal_id == signal.id else Refused("id-already-used")
    if signal.state is not SignalState.OPEN:
        return Refused("signal-not-open")
    number = signal.attempts + 1
    await tx.execute(
        insert(attempts).values(
            signal_id=signal.id,
            attempt=number,
            attempt_id=command.attempt_id,
            outcome=command.outcome,
            at=now,
            by=by,
        )
    )
    await tx.execute(update(store.signal).where(store.signal.c.id == signal.id).values(attempts=number))
    await tx.publish(ContactAttempted(signal_id=signal.id, attempt=number, outcome=command.outcome, by=by), now=now)
    return number


async def close_signal(tx: Transaction, command: CloseSignal, *, now: datetime) -> Counted:
    """End a signal that nothing came of; a signal that has its answer stays as it is."""
    signal = await store.signal_by_id(tx, command.signal_id)
    if signal is None:
        return Counted(count=0)
    await store.lock_programme(tx, signal.programme)
    return Counted(count=int(await end_signal(tx, signal.id, command.reason, now=now)))


async def end_signal(
    tx: Transaction, signal_id: UUID, reason: Code, *, now: datetime, switched_to: UUID | None = None
) -> bool:
    """Close an undecided signal and give its place in the line to who is next. Needs the programme's lock."""
    signal = await store.signal_by_id(tx, signal_id, lock=True)
    if signal is None or signal.state not in UNDECIDED:
        return False
    ended_on = local_date(now)
    programme = load(signal.programme, signal.programme_version)
    await tx.execute(
        update(store.signal)
        .where(store.signal.c.id == signal.id)
        .values(
            state=SignalState.CLOSED,
            reasons=[reason],
            ended_on=ended_on,
            erase_on=erase_on(programme, result_of_closing(reason), ended_on),
        )
    )
    await tx.publish(
        SignalClosed(signal_id=signal.id, programme=signal.programme, reason=reason, switched_to=switched_to), now=now
    )
    if signal.state is not SignalState.OPEN:
        await fill_places(tx, signal.programme, now=now)
    return True
