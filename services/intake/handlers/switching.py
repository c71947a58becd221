"""A sign-up goes on in another programme that fits better: nothing is told twice, and the old one is rounded off."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, select, update

from programmes.load import all_programmes, latest
from programmes.rules import Fit, HouseholdFacts
from programmes.schema import Programme
from services.intake import outreach_store, store
from services.intake.commands import SwitchProgramme, SwitchReason
from services.intake.contracts import Admission
from services.intake.domain import NEVER_BEGAN, InLine, SignalState, decide
from services.intake.domain.fitting import Fitting, nearby
from services.intake.domain.switching import SWITCHED, same_purposes
from services.intake.events import ContactAttempted, ContactOutcome, SignalReceived
from services.intake.handlers.carrying import carry_draft
from services.intake.handlers.drafts import programme_of, read_draft
from services.intake.handlers.facts import known_facts, read_facts
from services.intake.handlers.signals import end_signal
from services.intake.sealing import Seal
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.types import stable_id

SWITCHABLE = (SignalState.OPEN, SignalState.WAITING, SignalState.DECLINED)
"""Whoever has a place keeps it, and whose intake is being decided hears that first."""

ORDER = (Admission.ENROLLED, Admission.WAITING, Admission.DECLINED)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A programme in which a sign-up could go on: how it fits, what a family would hear there now, who waits."""

    fitting: Fitting
    admission: Admission
    waiting: int
    asked_anew: tuple[str, ...]
    """The texts of the consents that are said differently there."""

    @property
    def programme(self) -> Programme:
        return self.fitting.programme

    @property
    def has_room(self) -> bool:
        """A place, or one on the waiting list."""
        return self.admission is not Admission.DECLINED


async def choices(tx: Transaction, signal: store.Signal, *, now: datetime) -> list[Choice]:
    """The other programmes near the family that are open and fit what is known of it, those with a place first."""
    if signal.state not in SWITCHABLE or await _is_erased(tx, signal):
        return []
    facts = await _facts(tx, signal, now=now)
    asked, *others = nearby(programme_of(signal), all_programmes(), facts)
    taken_in = set()
    if signal.family_id is not None:
        taken_in = {each.programme for each in await store.active_enrolments(tx, signal.family_id)}
    fit = [each for each in others if each.fit.fits and each.programme.id not in taken_in]
    found = [await _choice(tx, each, asked.programme, now=now) for each in fit]
    return sorted(found, key=lambda choice: ORDER.index(choice.admission))


async def origin(tx: Transaction, signal: store.Signal) -> store.Signal | None:
    """The sign-up to which this one can be put back: it ended because it went on as this one."""
    if signal.switched_from is None or signal.state not in SWITCHABLE:
        return None
    before = await store.signal_by_id(tx, signal.switched_from)
    return before if before is not None and before.reasons == (SWITCHED,) else None


async def switch_programme(
    tx: Transaction, command: SwitchProgramme, *, seal: Seal, now: datetime, by: UUID
) -> UUID | Refused:
    """Let a sign-up go on in another programme; gives the id of the signal there. The same again changes nothing.

    The attempts to reach the family count there too; what was told of it stands in a draft. Put back, it has its old
    place in the line. Refused: switched-already, signal-not-open, no-longer-fits.
    """
    found = await store.signal_by_id(tx, command.signal_id)
    if found is None:
        return Refused("unknown-signal")
    await store.lock_programme(tx, found.programme)
    signal = await store.signal_by_id(tx, command.signal_id, lock=True) or found
    after = await store.signal_after(tx, signal.id)
    if after is not None:
        return UUID(str(after.id)) if after.programme == command.programme else Refused("switched-already")
    if signal.state not in SWITCHABLE:
        return Refused("signal-not-open")
    programme = await _may_go_to(tx, signal, command, now=now)
    if programme is None:
        return Refused("no-longer-fits")
    new = await _receive(tx, signal, programme, command.reason, now=now, by=by)
    await carry_draft(tx, signal, new, seal=seal, now=now, by=by)
    await tx.execute(delete(store.intake_draft).where(store.intake_draft.c.signal_id == signal.id))
    await end_signal(tx, signal.id, SWITCHED, now=now, switched_to=new.id)
    return new.id


async def _may_go_to(
    tx: Transaction, signal: store.Signal, command: SwitchProgramme, *, now: datetime
) -> Programme | None:
    if command.reason is SwitchReason.SWITCHED_BACK:
        before = await origin(tx, signal)
        if before is None or before.programme != command.programme:
            return None
        programme = latest(before.programme)
        return programme if programme.period.is_open(local_date(now)) else None
    offered = await choices(tx, signal, now=now)
    return next((each.programme for each in offered if each.programme.id == command.programme and each.has_room), None)


async def _is_erased(tx: Transaction, signal: store.Signal) -> bool:
    family = await store.family_by_id(tx, signal.family_id) if signal.family_id is not None else None
    return family is not None and family.erased_at is not None


async def _facts(tx: Transaction, signal: store.Signal, *, now: datetime) -> HouseholdFacts:
    """What the rules may know: of the intake that was done, or of the draft as far as it is told."""
    today = local_date(now)
    if await store.intake_of(tx, signal.id) is not None:
        return await known_facts(tx, signal, on=today)
    draft = await store.draft_of(tx, signal.id)
    if draft is None:
        return HouseholdFacts(on=today, area=signal.area)
    return read_facts(signal.area, draft, read_draft(programme_of(signal), draft, today=today), on=today)


async def _choice(tx: Transaction, found: Fitting, asked: Programme, *, now: datetime) -> Choice:
    """What somebody who joins the line now would hear, without holding it: a colleague may be first."""
    programme = found.programme
    in_line = await store.signals_in_line(tx, programme.id, SignalState.INTAKE_DONE, SignalState.WAITING)
    waiting = sum(each.state is SignalState.WAITING for each in in_line)
    places = await store.places(tx, programme.id, not_counted=NEVER_BEGAN)
    query = select(store.programme.c.funded_at).where(store.programme.c.code == programme.id)
    decision = decide(
        programme,
        fit=Fit(fits=True),
        already_enrolled=False,
        funded=(await tx.execute(query)).scalar_one_or_none() is not None,
        on=local_date(now),
        line=InLine(taken=places.taken, given=places.given, ahead=len(in_line), waiting=waiting),
    )
    same = same_purposes(asked, programme)
    anew = tuple(each.text for each in programme.intake.consents if each.code not in same)
    return Choice(fitting=found, admission=decision.admission, waiting=waiting, asked_anew=anew)


async def _receive(
    tx: Transaction, signal: store.Signal, programme: Programme, reason: SwitchReason, *, now: datetime, by: UUID
) -> store.Signal:
    """The same meeting, under the other programme: who and where stay as they were."""
    row = (await tx.execute(select(store.signal).where(store.signal.c.id == signal.id))).one()
    earlier = [each for each in await store.signals_before(tx, signal.id) if each.programme == programme.id]
    values = {
        **row._mapping,
        "id": stable_id("switched-signal", signal.id),
        "programme": programme.id,
        "programme_version": programme.version,
        "state": SignalState.OPEN,
        "received_at": min((each.received_at for each in earlier), default=now),
        "attempts": 0,
        "reasons": [],
        "ended_on": None,
        "erase_on": None,
        "switched_from": signal.id,
        "switched_at": now,
        "switched_by": by,
        "switch_reason": reason,
    }
    await tx.execute(insert(store.signal).values(values))
    new = await store.signal_by_id(tx, values["id"])
    if new is None:
        raise LookupError("a signal that was just written")
    needs = await outreach_store.carry_first_contact(
        tx, signal.id, new.id, needs={category.code for category in programme.categories}
    )
    await tx.publish(
        SignalReceived(
            signal_id=new.id,
            programme=programme.id,
            programme_version=programme.version,
            area=new.area,
            channel=new.channel,
            received_by=row.received_by,
            needs=needs,
            switched_from=signal.id,
        ),
        now=now,
    )
    attempts = await _carry_attempts(tx, signal.id, new.id, now=now)
    return replace(new, attempts=attempts)


async def _carry_attempts(tx: Transaction, old_id: UUID, new_id: UUID, *, now: datetime) -> int:
    """Whoever was called does not have to be called again."""
    attempts = store.contact_attempt
    query = select(attempts).where(attempts.c.signal_id == old_id).order_by(attempts.c.attempt)
    tried = list(await tx.execute(query))
    for each in tried:
        values = {
            "signal_id": new_id,
            "attempt": each.attempt,
            "attempt_id": stable_id("switched-attempt", new_id, each.attempt),
            "outcome": each.outcome,
            "at": each.at,
            "by": each.by,
        }
        await tx.execute(insert(attempts).values(values))
        outcome = ContactOutcome(each.outcome)
        await tx.publish(ContactAttempted(signal_id=new_id, attempt=each.attempt, outcome=outcome, by=each.by), now=now)
    await tx.execute(update(store.signal).where(store.signal.c.id == new_id).values(attempts=len(tried)))
    return len(tried)
