"""Intake's tables."""

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
)
from sqlalchemy.dialects.postgresql import ARRAY

from services.intake.domain import SignalState
from services.shared.tables import SharedTables

SCHEMA = "intake"

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
