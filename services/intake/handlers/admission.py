"""Places: given one by one under the programme's lock, so that two at once never both take the last."""

from datetime import datetime

from sqlalchemy import update

from programmes.load import load
from services.budget.events import ProgrammeFunded
from services.intake import store
from services.intake.contracts import Admission, Admit, Admitted, CloseWaitingList, Counted
from services.intake.domain import (
    NEVER_BEGAN,
    PROGRAMME_ENDED,
    Decision,
    InLine,
    SignalState,
    decide,
    erase_on,
)
from services.intake.handlers.answers import Case, case_of, tell
from services.plans.events import TrajectoryClosed
from services.shared.database import Transaction
from services.shared.types import Code


async def admit(tx: Transaction, command: Admit, *, now: datetime) -> Admitted:
    """Decide on a completed intake. Asked again it gives the answer that stands.

    Raises LookupError for a signal that does not exist or has had no intake: nobody should ask then.
    """
    found = await store.signal_by_id(tx, command.signal_id)
    if found is None:
        raise LookupError(f"no signal {command.signal_id}")
    funded_at = await store.lock_programme(tx, found.programme)
    signal = await store.signal_by_id(tx, command.signal_id, lock=True) or found
    if signal.state is SignalState.INTAKE_DONE:
        case = await case_of(tx, signal, now=now)
        decision = await _decide(tx, case, funded=funded_at is not None, now=now)
        await tell(tx, case, decision, now=now)
        await fill_places(tx, signal.programme, now=now)
        signal = await store.signal_by_id(tx, command.signal_id) or signal
    return await _standing_answer(tx, signal)


async def fill_places(tx: Transaction, code: Code, *, now: datetime) -> int:
    """Give free places to who waits, first received first; gives how many came in. Needs the programme's lock."""
    funded_at = await store.lock_programme(tx, code)
    enrolled = 0
    for signal in await store.signals_in_line(tx, code, SignalState.WAITING):
        case = await case_of(tx, signal, now=now)
        decision = await _decide(tx, case, funded=funded_at is not None, now=now)
        if decision.admission is Admission.WAITING:
            break
        enrolled += decision.admission is Admission.ENROLLED
        await tell(tx, case, decision, now=now, from_waiting_list=True)
    return enrolled


async def open_programme(tx: Transaction, event: ProgrammeFunded, *, now: datetime) -> None:
    """A programme's money is there: who waited for it comes in."""
    await store.lock_programme(tx, event.programme)
    programme = store.programme
    await tx.execute(
        update(programme)
        .where(programme.c.code == event.programme, programme.c.funded_at.is_(None))
        .values(funded_at=now)
    )
    await fill_places(tx, event.programme, now=now)


async def trajectory_closed(tx: Transaction, event: TrajectoryClosed, *, now: datetime) -> None:
    """A family's trajectory ended, so its place is free; from this day its retention term runs."""
    await store.lock_programme(tx, event.programme)
    enrolment = await store.enrolment_by_trajectory(tx, event.trajectory_id)
    if enrolment is None or enrolment.ended_on is not None:
        return
    await tx.execute(
        update(store.enrolment)
        .where(store.enrolment.c.trajectory_id == event.trajectory_id)
        .values(ended_on=event.closed_on, outcome=event.outcome)
    )
    programme = load(enrolment.programme, enrolment.programme_version)
    await tx.execute(
        update(store.signal)
        .where(store.signal.c.id == enrolment.signal_id)
        .values(ended_on=event.closed_on, erase_on=erase_on(programme, event.outcome, event.closed_on))
    )
    await fill_places(tx, event.programme, now=now)


async def close_waiting_list(tx: Transaction, command: CloseWaitingList, *, now: datetime) -> Counted:
    """The programme has ended: whoever waits hears so, with other help. The list is bounded by the programme."""
    await store.lock_programme(tx, command.programme)
    waiting = await store.signals_in_line(tx, command.programme, SignalState.WAITING)
    ended = Decision(admission=Admission.DECLINED, reasons=(PROGRAMME_ENDED,))
    for signal in waiting:
        await tell(tx, await case_of(tx, signal, now=now), ended, now=now)
    return Counted(count=len(waiting))


async def _decide(tx: Transaction, case: Case, *, funded: bool, now: datetime) -> Decision:
    """Count the line and let the rules decide."""
    in_line = await store.signals_in_line(tx, case.signal.programme, SignalState.INTAKE_DONE, SignalState.WAITING)
    earlier = in_line[: [each.id for each in in_line].index(case.signal.id)]
    ahead = [each for each in earlier if (await case_of(tx, each, now=now)).could_be_placed]
    places = await store.places(tx, case.signal.programme, not_counted=NEVER_BEGAN)
    others_waiting = [each for each in in_line if each.state is SignalState.WAITING and each.id != case.signal.id]
    return decide(
        case.programme,
        fit=case.fit,
        already_enrolled=case.enrolled_already,
        funded=funded,
        on=case.facts.on,
        line=InLine(taken=places.taken, given=places.given, ahead=len(ahead), waiting=len(others_waiting)),
    )


async def _standing_answer(tx: Transaction, signal: store.Signal) -> Admitted:
    """The answer that stands for a signal."""
    match signal.state:
        case SignalState.ENROLLED:
            enrolment = await store.enrolment_of(tx, signal.id)
            return Admitted(
                admission=Admission.ENROLLED,
                family_id=signal.family_id,
                trajectory_id=enrolment.trajectory_id if enrolment else None,
            )
        case SignalState.WAITING:
            return Admitted(admission=Admission.WAITING, family_id=signal.family_id)
        case SignalState.DECLINED:
            return Admitted(admission=Admission.DECLINED, family_id=signal.family_id, reasons=signal.reasons)
        case SignalState.CLOSED:
            return Admitted(admission=Admission.CLOSED, family_id=signal.family_id, reasons=signal.reasons)
        case SignalState.OPEN | SignalState.INTAKE_DONE:
            raise LookupError(f"signal {signal.id} has no intake")
