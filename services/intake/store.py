"""The questions that are asked of intake's tables, which stand in `tables.py` and are known by their names here too."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from services.intake.domain import SignalState
from services.intake.tables import citizen_number as citizen_number
from services.intake.tables import consent as consent
from services.intake.tables import contact_attempt as contact_attempt
from services.intake.tables import enrolment as enrolment
from services.intake.tables import expected_birth as expected_birth
from services.intake.tables import family as family
from services.intake.tables import family_change as family_change
from services.intake.tables import family_merge as family_merge
from services.intake.tables import first_contact as first_contact
from services.intake.tables import household_member as household_member
from services.intake.tables import intake_draft as intake_draft
from services.intake.tables import intake_record as intake_record
from services.intake.tables import metadata as metadata
from services.intake.tables import programme as programme
from services.intake.tables import signal as signal
from services.intake.tables import signal_change as signal_change
from services.intake.tables import tables as tables
from services.shared.database import Transaction
from services.shared.types import Code

PERSONAL_VALUES_MAX = 200_000
CONSENTS_SHOWN_MAX = 200


@dataclass(frozen=True, kw_only=True)
class Signal:
    """How and where a family was met, and what became of it."""

    id: UUID
    programme: Code
    programme_version: int
    area: Code
    channel: Code
    state: SignalState
    received_at: datetime
    attempts: int
    family_id: UUID | None
    reasons: tuple[Code, ...]
    switched_from: UUID | None = None
    """The signal in another programme that goes on as this one."""


@dataclass(frozen=True, kw_only=True)
class Enrolment:
    """A family's place in a programme, from enrolment to the end of its trajectory."""

    trajectory_id: UUID
    signal_id: UUID
    family_id: UUID
    programme: Code
    programme_version: int
    enrolled_on: date
    ended_on: date | None
    outcome: Code | None


@dataclass(frozen=True, kw_only=True)
class Draft:
    """An intake that is not done yet. `steps` holds what was typed, with the version, the time and the person of it."""

    signal_id: UUID
    version: int
    steps: dict[str, Any]
    known_family_id: UUID | None
    bsn: bytes | None
    saved_at: datetime
    saved_by: UUID

    def told(self, step: str) -> dict[str, Any]:
        """What was typed at a step; nothing yet is empty."""
        found: dict[str, Any] = self.steps.get(step, {}).get("told", {})
        return found


@dataclass(frozen=True, kw_only=True)
class Places:
    """How many families have a place now, and how many have had one."""

    taken: int
    given: int


def _signal(row: Any) -> Signal:
    return Signal(
        id=row.id,
        programme=row.programme,
        programme_version=row.programme_version,
        area=row.area,
        channel=row.channel,
        state=SignalState(row.state),
        received_at=row.received_at,
        attempts=row.attempts,
        family_id=row.family_id,
        reasons=tuple(row.reasons),
        switched_from=row.switched_from,
    )


def _enrolment(row: Any) -> Enrolment:
    return Enrolment(
        trajectory_id=row.trajectory_id,
        signal_id=row.signal_id,
        family_id=row.family_id,
        programme=row.programme,
        programme_version=row.programme_version,
        enrolled_on=row.enrolled_on,
        ended_on=row.ended_on,
        outcome=row.outcome,
    )


async def lock_programme(tx: Transaction, code: Code) -> datetime | None:
    """Hold the programme's row, so that places are given one by one; gives when it was funded, if it was.

    Whoever needs this lock and a signal's takes this one first.
    """
    await tx.execute(insert(programme).values(code=code).on_conflict_do_nothing())
    row = await tx.execute(select(programme.c.funded_at).where(programme.c.code == code).with_for_update())
    funded_at: datetime | None = row.scalar_one()
    return funded_at


async def signal_by_id(tx: Transaction, signal_id: UUID, *, lock: bool = False) -> Signal | None:
    """One signal; with `lock` nobody else changes it until this transaction ends."""
    query = select(signal).where(signal.c.id == signal_id)
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    return _signal(row) if row is not None else None


async def signals_in_line(tx: Transaction, code: Code, *states: SignalState) -> list[Signal]:
    """The signals of a programme in these states, first received first."""
    query = (
        select(signal)
        .where(signal.c.programme == code, signal.c.state.in_(states))
        .order_by(signal.c.received_at, signal.c.id)
    )
    return [_signal(row) for row in await tx.execute(query)]


async def signal_after(tx: Transaction, signal_id: UUID) -> Any:
    """The row of the signal in another programme as which this one goes on, None when it does not."""
    return (await tx.execute(select(signal).where(signal.c.switched_from == signal_id))).one_or_none()


async def signals_before(tx: Transaction, signal_id: UUID) -> list[Signal]:
    """The signals in other programmes that went on as this one in the end, the last first."""
    way = select(signal.c.switched_from).where(signal.c.id == signal_id).cte("way", recursive=True)
    way = way.union_all(select(signal.c.switched_from).where(signal.c.id == way.c.switched_from))
    query = select(signal).where(signal.c.id.in_(select(way.c.switched_from)))
    return [_signal(row) for row in await tx.execute(query.order_by(signal.c.switched_at.desc().nulls_last()))]


async def signals_of(tx: Transaction, family_id: UUID) -> list[Signal]:
    """Every signal that was about a family, oldest first."""
    query = select(signal).where(signal.c.family_id == family_id).order_by(signal.c.received_at, signal.c.id)
    return [_signal(row) for row in await tx.execute(query)]


async def enrolment_of(tx: Transaction, signal_id: UUID) -> Enrolment | None:
    """The enrolment that a signal led to."""
    row = (await tx.execute(select(enrolment).where(enrolment.c.signal_id == signal_id))).one_or_none()
    return _enrolment(row) if row is not None else None


async def enrolment_by_trajectory(tx: Transaction, trajectory_id: UUID) -> Enrolment | None:
    row = (await tx.execute(select(enrolment).where(enrolment.c.trajectory_id == trajectory_id))).one_or_none()
    return _enrolment(row) if row is not None else None


async def active_enrolments(tx: Transaction, family_id: UUID) -> list[Enrolment]:
    """The trajectories a family is in now, by programme."""
    query = (
        select(enrolment)
        .where(enrolment.c.family_id == family_id, enrolment.c.ended_on.is_(None))
        .order_by(enrolment.c.programme)
    )
    return [_enrolment(row) for row in await tx.execute(query)]


async def places(tx: Transaction, code: Code, *, not_counted: tuple[Code, ...]) -> Places:
    """Places taken now, and given ever; trajectories that ended as `not_counted` never really began."""
    began = enrolment.c.outcome.is_(None) | enrolment.c.outcome.not_in(not_counted)
    query = select(
        func.count().filter(enrolment.c.ended_on.is_(None)).label("taken"), func.count().filter(began).label("given")
    ).where(enrolment.c.programme == code)
    row = (await tx.execute(query)).one()
    return Places(taken=row.taken, given=row.given)


async def consents(tx: Transaction, family_id: UUID, code: Code) -> dict[Code, str]:
    """Purpose: what a family answered last."""
    query = (
        select(consent.c.purpose, consent.c.answer)
        .ext(distinct_on(consent.c.purpose))
        .where(consent.c.family_id.in_(_files_of(family_id)), consent.c.programme == code)
        .order_by(consent.c.purpose, consent.c.position.desc())
    )
    return {row.purpose: row.answer for row in await tx.execute(query)}


async def consent_history(tx: Transaction, family_id: UUID, code: Code) -> list[Any]:
    """Everything that a family answered for a programme, latest first: a family answers a few questions, seldom."""
    query = select(consent).where(consent.c.family_id.in_(_files_of(family_id)), consent.c.programme == code)
    return list(await tx.execute(query.order_by(consent.c.position.desc()).limit(CONSENTS_SHOWN_MAX)))


def _files_of(family_id: UUID) -> Any:
    """A family's own file, and those that were merged into it: what was answered there was answered by this family."""
    return select(family.c.id).where((family.c.id == family_id) | (family.c.merged_into == family_id))


async def members(tx: Transaction, family_id: UUID) -> list[Any]:
    """The household's rows, in the order in which they were told."""
    query = select(household_member).where(household_member.c.family_id == family_id)
    return list(await tx.execute(query.order_by(household_member.c.number)))


async def expected_births(tx: Transaction, family_id: UUID) -> list[date]:
    query = select(expected_birth.c.due_on).where(expected_birth.c.family_id == family_id)
    return list((await tx.execute(query.order_by(expected_birth.c.number))).scalars())


async def draft_of(tx: Transaction, signal_id: UUID, *, lock: bool = False) -> Draft | None:
    """The draft of a signal's intake; with `lock` nobody else saves it until this transaction ends."""
    query = select(intake_draft).where(intake_draft.c.signal_id == signal_id)
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        return None
    return Draft(
        signal_id=row.signal_id,
        version=row.version,
        steps=row.told,
        known_family_id=row.known_family_id,
        bsn=row.bsn,
        saved_at=row.saved_at,
        saved_by=row.saved_by,
    )


async def family_by_id(tx: Transaction, family_id: UUID, *, lock: bool = False) -> Any:
    """A family's own row, None when there is none; with `lock` nobody erases it until this transaction ends."""
    query = select(family).where(family.c.id == family_id)
    return (await tx.execute(query.with_for_update() if lock else query)).one_or_none()


async def intake_of(tx: Transaction, signal_id: UUID) -> Any:
    """What was told at the intake of a signal, None before it."""
    return (await tx.execute(select(intake_record).where(intake_record.c.signal_id == signal_id))).one_or_none()


def _names_in(draft: dict[str, Any]) -> set[str]:
    """Names, street, phone and e-mail as they were typed in an intake that is not done yet."""
    told = [step.get("told", {}) for step in draft.values()]
    people = [row for step in told for row in step.get("members", ())]
    typed = [row.get(name, "") for row in people for name in ("given_name", "surname")]
    typed += [step.get(name, "") for step in told for name in ("street", "phone", "email")]
    return {text for text in typed if text}


async def personal_values(tx: Transaction) -> list[str]:
    """Every name, address, phone number and e-mail address known here: what an audit must find nowhere else."""
    member = household_member
    full_name = func.concat_ws(" ", member.c.given_name, func.nullif(member.c.prefix, ""), member.c.surname)
    queries = [select(full_name), select(member.c.surname), select(member.c.given_name)]
    queries += [select(family.c.street), select(family.c.phone), select(family.c.email)]
    queries += [
        select(family.c.postcode + separator + family.c.house_number).where(
            and_(family.c.postcode.is_not(None), family.c.house_number.is_not(None))
        )
        for separator in ("", " ")
    ]
    queries += [select(signal.c.contact_name), select(signal.c.contact_phone), select(signal.c.contact_email)]
    met = first_contact.c
    queries += [select(met.via), select(met.referrer_name), select(met.referrer_phone), select(met.referrer_email)]
    found: set[str] = set()
    for draft in (await tx.execute(select(intake_draft.c.told).limit(PERSONAL_VALUES_MAX))).scalars():
        found.update(_names_in(draft))
    for query in queries:
        found.update(value for value in (await tx.execute(query.limit(PERSONAL_VALUES_MAX))).scalars() if value)
    return sorted(found)
