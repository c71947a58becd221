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
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.intake.domain import SignalState
from services.intake.events import (
    FAMILY_SCOPE_EVENTS,
    IntakeCompleted,
    SignalReceived,
)
from services.shared.scope_keeping import keep_own_scopes
from services.shared.tables import SharedTables

SCHEMA = "intake"

metadata = MetaData(schema=SCHEMA)
tables = SharedTables(metadata, families=True)
keep_own_scopes(tables, SignalReceived, IntakeCompleted, *FAMILY_SCOPE_EVENTS)

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
    Column("contact_channel", Text),
    Column("contact_moment", Text),
    Column("merged_into", Uuid, ForeignKey("intake.family.id")),
    Column("erased_at", _MOMENT),
    CheckConstraint(
        "erased_at IS NULL OR num_nonnulls(area, street, house_number, postcode, city, phone, email) = 0",
        name="erased_family_is_empty",
    ),
    CheckConstraint("merged_into <> id", name="merged_into_another"),
)
Index("family_merged_into", family.c.merged_into, postgresql_where=family.c.merged_into.is_not(None))

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
    Column("switched_from", Uuid, ForeignKey("intake.signal.id"), unique=True),
    Column("switched_at", _MOMENT),
    Column("switched_by", Uuid),
    Column("switch_reason", Text),
    CheckConstraint(f"state IN ({_STATES})", name="state_is_known"),
    CheckConstraint("state IN ('open', 'closed') OR family_id IS NOT NULL", name="family_is_known_after_intake"),
    CheckConstraint(
        "num_nonnulls(switched_from, switched_at, switched_by, switch_reason) IN (0, 4)", name="switched_whole"
    ),
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
    Column("position", BigInteger, Identity(always=True), nullable=False),
    Index("contact_attempt_position", "position", unique=True),
)
tables.histories.append(contact_attempt)

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
    Column("surname_words", ARRAY(Text), nullable=False, server_default="{}"),
    Column("birth_date", Date, nullable=False),
    UniqueConstraint("family_id", "number", name="household_member_number"),
    CheckConstraint("role IN ('parent', 'child', 'other')", name="role_is_known"),
)
Index("household_member_birth_date", household_member.c.birth_date)
Index("household_member_surname_words", household_member.c.surname_words, postgresql_using="gin")

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
    Column("text", Text, comment="As it was shown; empty where no page of ours showed it"),
    Column("text_language", Text),
    CheckConstraint("answer IN ('given', 'refused', 'withdrawn')", name="answer_is_known"),
    comment="What a family answered, purpose by purpose; rows are only added",
)
tables.histories.append(consent)
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

first_contact = Table(
    "first_contact",
    metadata,
    Column("signal_id", Uuid, ForeignKey(signal.c.id), primary_key=True),
    Column("needs", ARRAY(Text), nullable=False, server_default="{}"),
    Column("via", Text),
    Column("language", Text),
    Column("call_consent", Integer),
    Column("referrer_name", Text),
    Column("referrer_phone", Text),
    Column("referrer_email", Text),
    Column("reach_first", Text),
    CheckConstraint("reach_first IN ('family', 'referrer')", name="reach_first_is_known"),
    comment="What was told when a family was met, besides who and where",
)

public_form = Table(
    "public_form",
    metadata,
    Column("position", BigInteger, Identity(always=True), primary_key=True),
    Column("at", _MOMENT, nullable=False),
    Column("address_digest", LargeBinary, nullable=False),
    comment="Public forms of the last hour, by a digest of where they came from",
)
Index("public_form_at", public_form.c.at)

public_salt = Table(
    "public_salt",
    metadata,
    Column("day", Date, primary_key=True),
    Column("salt", LargeBinary, nullable=False),
    comment="What the addresses of today's public forms are mixed with",
)

intake_draft = Table(
    "intake_draft",
    metadata,
    Column("signal_id", Uuid, ForeignKey(signal.c.id), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("told", JSONB, nullable=False),
    Column("known_family_id", Uuid, ForeignKey(family.c.id)),
    Column("bsn", LargeBinary),
    Column("started_at", _MOMENT, nullable=False),
    Column("started_by", Uuid, nullable=False),
    Column("saved_at", _MOMENT, nullable=False),
    Column("saved_by", Uuid, nullable=False),
    CheckConstraint("version > 0", name="version_is_counted"),
    comment="An intake that is not done yet, step by step as it was typed; gone when it is done or erased",
)

citizen_number = Table(
    "citizen_number",
    metadata,
    Column("family_id", Uuid, ForeignKey(family.c.id), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("mark", LargeBinary, nullable=False),
    Column("recorded_at", _MOMENT, nullable=False),
    Column("recorded_by", Uuid, nullable=False),
    comment="A BSN under a key that the database does not have; the mark is the same for the same number",
)
Index("citizen_number_mark", citizen_number.c.mark)

family_merge = Table(
    "family_merge",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kept_id", Uuid, ForeignKey(family.c.id), nullable=False),
    Column("merged_id", Uuid, ForeignKey(family.c.id), nullable=False),
    Column("moved", JSONB, nullable=False),
    Column("merged_at", _MOMENT, nullable=False),
    Column("merged_by", Uuid, nullable=False),
    Column("unmerged_at", _MOMENT),
    Column("unmerged_by", Uuid),
    CheckConstraint("(unmerged_at IS NULL) = (unmerged_by IS NULL)", name="unmerged_by_somebody"),
    comment="Which two files turned out to be of one family, by whom, and what moved: ids only,"
    " so that it can be undone",
)
Index("family_merge_kept", family_merge.c.kept_id)
Index("family_merge_merged", family_merge.c.merged_id)

family_change = Table(
    "family_change",
    metadata,
    Column("position", BigInteger, Identity(always=True), primary_key=True),
    Column("family_id", Uuid, ForeignKey(family.c.id), nullable=False),
    Column("at", _MOMENT, nullable=False),
    Column("by_person", Uuid, nullable=False),
    Column("what", Text, nullable=False),
    CheckConstraint("what IN ('moved', 'contact-changed')", name="what_is_known"),
    comment="Who wrote down that a family moved or is reached another way; rows are only added",
)
tables.histories.append(family_change)
Index("family_change_family", family_change.c.family_id, family_change.c.position)

signal_change = Table(
    "signal_change",
    metadata,
    Column("position", BigInteger, Identity(always=True), primary_key=True),
    Column("signal_id", Uuid, ForeignKey(signal.c.id), nullable=False),
    Column("at", _MOMENT, nullable=False),
    Column("by_person", Uuid, nullable=False),
    comment="Who mended what a family is called or how it is reached, before its intake; rows are only added",
)
tables.histories.append(signal_change)
Index("signal_change_signal", signal_change.c.signal_id, signal_change.c.position)
