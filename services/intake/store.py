"""Intake's tables and the questions that are asked of them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    and_,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on, insert

from services.intake.domain import SignalState
from services.shared.database import Transaction
from services.shared.tables import SharedTables
from services.shared.types import Code

SCHEMA = "intake"
PERSONAL_VALUES_MAX = 200_000

metadata = MetaData(schema=SCHEMA)
tables = SharedTables(metadata)

_MOMENT = DateTime(timezone=True)
_STATES = ", ".join(f"'{state}'" for state in SignalState)

programme = Table(
    "programme",
    metadata,
    Column("code", Text, primary_key=True),
    Column("funded_at", _MOMENT),
    comment="One row a programme: whether it is open, and the lock under which its places are given away",
)

family = Table(
    "family",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("created_at", _MOMENT, nullable=False),
    Column("area", Text),
    Column("street", Text),
    Column("house_number", Text),
    Column("postcode", Text),
    Column("city", Text),
    Column("phone", Text),
    Column("email", Text),
    Column("languages", ARRAY(Text), nullable=False, server_default="{}"),
    Column("interpreter", Boolean, nullable=False, server_default="false"),
    Column("erased_at", _MOMENT),
    CheckConstraint(
        "erased_at IS NULL OR num_nonnulls(area, street, house_number, postcode, city, phone, email) = 0",
        name="erased_family_is_empty",
    ),
)

signal = Table(
    "signal",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("programme", Text, nullable=False),
    Column("programme_version", Integer, nullable=False),
    Column("area", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("received_at", _MOMENT, nullable=False),
    Column("received_by", Uuid),
    Column("contact_name", Text),
    Column("contact_phone", Text),
    Column("contact_email", Text),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("family_id", Uuid, ForeignKey(family.c.id)),
    Column("reasons", ARRAY(Text), nullable=False, server_default="{}"),
    Column("ended_on", Date),
    Column("erase_on", Date),
    Column("contact_erased_at", _MOMENT),
    CheckConstraint(f"state IN ({_STATES})", name="state_is_known"),
    CheckConstraint("state IN ('open', 'closed') OR family_id IS NOT NULL", name="family_is_known_after_intake"),
)
Index("signal_in_line", signal.c.programme, signal.c.state, signal.c.received_at, signal.c.id)
Index("signal_family", signal.c.family_id)
Index("signal_erase", signal.c.programme, signal.c.erase_on)

contact_attempt = Table(
    "contact_attempt",
    metadata,
    Column("signal_id", Uuid, ForeignKey(signal.c.id), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("attempt_id", Uuid, nullable=False, unique=True),
    Column("outcome", Text, nullable=False),
    Column("at", _MOMENT, nullable=False),
    Column("by", Uuid, nullable=False),
)

household_member = Table(
    "household_member",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("family_id", Uuid, ForeignKey(family.c.id), nullable=False),
    Column("number", Integer, nullable=False),
    Column("role", Text, nullable=False),
    Column("given_name", Text, nullable=False),
    Column("prefix", Text, nullable=False, server_default=""),
    Column("surname", Text, nullable=False),
    Column("birth_date", Date, nullable=False),
    UniqueConstraint("family_id", "number", name="household_member_number"),
    CheckConstraint("role IN ('parent', 'child', 'other')", name="role_is_known"),
)
Index("household_member_birth_date", household_member.c.birth_date)

expected_birth = Table(
    "expected_birth",
    metadata,
    Column("family_id", Uuid, ForeignKey(family.c.id), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("due_on", Date, nullable=False),
)

consent = Table(
    "consent",
    metadata,
    Column("position", BigInteger, Identity(always=True), primary_key=True),
    Column("family_id", Uuid, ForeignKey(family.c.id), nullable=False),
    Column("programme", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("text_version", Integer, nullable=False),
    Column("language", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("at", _MOMENT, nullable=False),
    Column("recorded_by", Uuid, nullable=False),
    CheckConstraint("answer IN ('given', 'refused', 'withdrawn')", name="answer_is_known"),
    comment="What a family answered, purpose by purpose; rows are only added",
)
Index("consent_latest", consent.c.family_id, consent.c.programme, consent.c.purpose, consent.c.position.desc())

intake_record = Table(
    "intake_record",
    metadata,
    Column("signal_id", Uuid, ForeignKey(signal.c.id), primary_key=True),
    Column("family_id", Uuid, ForeignKey(family.c.id), nullable=False),
    Column("completed_at", _MOMENT, nullable=False),
    Column("completed_by", Uuid, nullable=False),
    Column("themes", ARRAY(Text), nullable=False),
    Column("urgent_needs", ARRAY(Text), nullable=False),
    Column("income_band", Text),
    Column("returning", Boolean, nullable=False),
)
Index("intake_record_family", intake_record.c.family_id)

enrolment = Table(
    "enrolment",
    metadata,
    Column("trajectory_id", Uuid, primary_key=True),
    Column("signal_id", Uuid, ForeignKey(signal.c.id), nullable=False, unique=True),
    Column("family_id", Uuid, ForeignKey(family.c.id), nullable=False),
    Column("programme", Text, nullable=False),
    Column("programme_version", Integer, nullable=False),
    Column("enrolled_on", Date, nullable=False),
    Column("from_waiting_list", Boolean, nullable=False),
    Column("ended_on", Date),
    Column("outcome", Text),
    CheckConstraint("(ended_on IS NULL) = (outcome IS NULL)", name="ended_with_an_outcome"),
)
Index(
    "enrolment_active",
    enrolment.c.family_id,
    enrolment.c.programme,
    unique=True,
    postgresql_where=enrolment.c.ended_on.is_(None),
)
Index("enrolment_programme", enrolment.c.programme)


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
        .where(consent.c.family_id == family_id, consent.c.programme == code)
        .order_by(consent.c.purpose, consent.c.position.desc())
    )
    return {row.purpose: row.answer for row in await tx.execute(query)}


async def members(tx: Transaction, family_id: UUID) -> list[Any]:
    """The household's rows, in the order in which they were told."""
    query = select(household_member).where(household_member.c.family_id == family_id)
    return list(await tx.execute(query.order_by(household_member.c.number)))


async def expected_births(tx: Transaction, family_id: UUID) -> list[date]:
    query = select(expected_birth.c.due_on).where(expected_birth.c.family_id == family_id)
    return list((await tx.execute(query.order_by(expected_birth.c.number))).scalars())


async def family_by_id(tx: Transaction, family_id: UUID, *, lock: bool = False) -> Any:
    """A family's own row, None when there is none; with `lock` nobody erases it until this transaction ends."""
    query = select(family).where(family.c.id == family_id)
    return (await tx.execute(query.with_for_update() if lock else query)).one_or_none()


async def intake_of(tx: Transaction, signal_id: UUID) -> Any:
    """What was told at the intake of a signal, None before it."""
    return (await tx.execute(select(intake_record).where(intake_record.c.signal_id == signal_id))).one_or_none()


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
    found: set[str] = set()
    for query in queries:
        found.update(value for value in (await tx.execute(query.limit(PERSONAL_VALUES_MAX))).scalars() if value)
    return sorted(found)
