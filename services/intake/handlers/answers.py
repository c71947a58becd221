"""What a family hears after its intake: a place, a place in the line, or why not and where else help is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert

from programmes.load import load
from programmes.rules import Fit, HouseholdFacts, fits
from programmes.schema import Programme
from services.intake import store
from services.intake.contracts import Admission
from services.intake.domain import Decision, SignalState, erase_on
from services.intake.domain.signals import DECLINED
from services.intake.events import FamilyDeclined, FamilyEnrolled, FamilyWaitlisted
from services.intake.handlers.facts import children, known_facts
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.types import Code, stable_id


@dataclass(frozen=True, kw_only=True)
class Case:
    """An intake that is weighed: who it is about, under which version, and what is known."""

    signal: store.Signal
    family_id: UUID
    programme: Programme
    facts: HouseholdFacts
    fit: Fit
    enrolled_already: bool

    @property
    def could_be_placed(self) -> bool:
        """Whether a place must be kept for this family until it has its answer."""
        return self.fit.fits and not self.enrolled_already


async def case_of(tx: Transaction, signal: store.Signal, *, now: datetime) -> Case:
    """What is known now of a signal whose intake is done. Raises LookupError when it is not."""
    if signal.family_id is None:
        raise LookupError(f"signal {signal.id} has no family")
    programme = load(signal.programme, signal.programme_version)
    facts = await known_facts(tx, signal, on=local_date(now))
    enrolments = await store.active_enrolments(tx, signal.family_id)
    return Case(
        signal=signal,
        family_id=signal.family_id,
        programme=programme,
        facts=facts,
        fit=fits(programme, facts),
        enrolled_already=any(each.programme == signal.programme for each in enrolments),
    )


async def tell(
    tx: Transaction, case: Case, decision: Decision, *, now: datetime, from_waiting_list: bool = False
) -> None:
    """Make a decision stand, and tell the world."""
    match decision.admission:
        case Admission.ENROLLED:
            await _enrol(tx, case, now=now, from_waiting_list=from_waiting_list)
        case Admission.WAITING:
            await _wait(tx, case, now=now)
        case Admission.DECLINED | Admission.CLOSED:
            await _decline(tx, case, decision.reasons, now=now)


async def _enrol(tx: Transaction, case: Case, *, now: datetime, from_waiting_list: bool) -> None:
    trajectory_id = stable_id("trajectory", case.signal.id)
    family = await store.family_by_id(tx, case.family_id)
    record = await store.intake_of(tx, case.signal.id)
    stands = await _stands(tx, case.signal.id)
    met_at = min(each.received_at for each in (case.signal, *await store.signals_before(tx, case.signal.id)))
    await tx.execute(
        insert(store.enrolment).values(
            trajectory_id=trajectory_id,
            signal_id=case.signal.id,
            family_id=case.family_id,
            programme=case.programme.id,
            programme_version=case.programme.version,
            enrolled_on=case.facts.on,
            from_waiting_list=from_waiting_list,
        )
    )
    await _set_state(tx, case, SignalState.ENROLLED)
    await tx.publish(
        FamilyEnrolled(
            family_id=case.family_id,
            trajectory_id=trajectory_id,
            signal_id=case.signal.id,
            programme=case.programme.id,
            programme_version=case.programme.version,
            area=case.facts.area,
            enrolled_on=case.facts.on,
            children=children(case.facts),
            languages=tuple(family.languages),
            themes=tuple(record.themes),
            from_waiting_list=from_waiting_list,
            received_by=stands.received_by,
            intake_by=stands.intake_by,
            met_on=local_date(met_at),
            intake_on=local_date(record.completed_at),
            needs=tuple(record.urgent_needs),
        ),
        now=now,
    )


async def _stands(tx: Transaction, signal_id: UUID) -> Row[Any]:
    """Whose the family is until it has a tandem: who met it and who did its intake, unless they left since."""
    scope = tx.tables.family_scope
    query = select(scope.c.received_by, scope.c.intake_by).where(scope.c.signal_id == signal_id)
    return (await tx.execute(query)).one()


async def _wait(tx: Transaction, case: Case, *, now: datetime) -> None:
    await _set_state(tx, case, SignalState.WAITING)
    waiting = await store.signals_in_line(tx, case.programme.id, SignalState.WAITING)
    position = [each.id for each in waiting].index(case.signal.id) + 1
    await tx.publish(
        FamilyWaitlisted(
            family_id=case.family_id, signal_id=case.signal.id, programme=case.programme.id, position=position
        ),
        now=now,
    )


async def _decline(tx: Transaction, case: Case, reasons: tuple[Code, ...], *, now: datetime) -> None:
    await tx.execute(
        update(store.signal)
        .where(store.signal.c.id == case.signal.id)
        .values(
            state=SignalState.DECLINED,
            reasons=list(reasons),
            ended_on=case.facts.on,
            erase_on=erase_on(case.programme, DECLINED, case.facts.on),
        )
    )
    await tx.publish(
        FamilyDeclined(
            family_id=case.family_id,
            signal_id=case.signal.id,
            programme=case.programme.id,
            reasons=reasons,
            other_help=tuple(help.code for help in case.programme.intake.other_help),
        ),
        now=now,
    )


async def _set_state(tx: Transaction, case: Case, state: SignalState) -> None:
    await tx.execute(update(store.signal).where(store.signal.c.id == case.signal.id).values(state=state))
