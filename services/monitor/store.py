"""The monitor's tables: the event log with its gaps, facts projected from it, reports, subscribers."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from services.shared.tables import SharedTables

metadata = MetaData(schema="monitor")
tables = SharedTables(metadata)

_MOMENT = DateTime(timezone=True)

event_log = Table(
    "event_log",
    metadata,
    Column("position", BigInteger, Identity(always=True), primary_key=True),
    Column("event_id", Uuid, nullable=False, unique=True),
    Column("type", Text, nullable=False),
    Column("routing_key", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("subject", Uuid, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("time", _MOMENT, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", _MOMENT, nullable=False, server_default=func.clock_timestamp()),
    UniqueConstraint("source", "subject", "sequence", name="event_log_once_in_a_sequence"),
    CheckConstraint("sequence > 0", name="event_log_sequence_counts_from_one"),
)

gap = Table(
    "gap",
    metadata,
    Column("source", Text, primary_key=True),
    Column("subject", Uuid, primary_key=True),
    Column("sequence", BigInteger, primary_key=True),
    Column("noticed_at", _MOMENT, nullable=False, server_default=func.clock_timestamp()),
    Column("closed_at", _MOMENT),
)
Index("gap_open", gap.c.noticed_at, postgresql_where=gap.c.closed_at.is_(None))

# Facts: one row for each thing that was told of. Every column is set by one event, or by the highest sequence of
# several, so that the order in which events of different services arrive makes no difference.
programme = Table(
    "programme",
    metadata,
    Column("programme", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date, nullable=False),
    Column("sources", JSONB, nullable=False),
)

signal = Table(
    "signal",
    metadata,
    Column("signal_id", Uuid, primary_key=True),
    Column("programme", Text),
    Column("version", Integer),
    Column("area", Text),
    Column("channel", Text),
    Column("received_on", Date),
    Column("waitlisted_on", Date),
    Column("enrolled_on", Date),
    Column("declined_on", Date),
    Column("declined_for", ARRAY(Text)),
    Column("closed_on", Date),
    Column("closed_for", Text),
    Column("trajectory_id", Uuid),
)
Index("signal_of_programme", signal.c.programme)

trajectory = Table(
    "trajectory",
    metadata,
    Column("trajectory_id", Uuid, primary_key=True),
    Column("programme", Text),
    Column("signal_id", Uuid),
    Column("enrolled_on", Date),
    Column("tandem_on", Date),
    Column("closed_on", Date),
    Column("outcome", Text),
)
Index("trajectory_of_programme", trajectory.c.programme)

tally = Table(
    "tally",
    metadata,
    Column("trajectory_id", Uuid, primary_key=True),
    Column("month", Date, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("label", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
)

request = Table(
    "request",
    metadata,
    Column("request_id", Uuid, primary_key=True),
    Column("programme", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("submitted_on", Date),
    Column("verdict", Text),
    Column("reason", Text),
    Column("decided_on", Date),
    Column("sequence", BigInteger, nullable=False),
    CheckConstraint("amount_cents >= 0", name="request_amount_is_not_negative"),
)
Index("request_of_programme", request.c.programme)

payment = Table(
    "payment",
    metadata,
    Column("payment_id", Uuid, primary_key=True),
    Column("programme", Text),
    Column("category", Text),
    Column("amount_cents", BigInteger),
    Column("split", JSONB),
    Column("confirmed_on", Date),
    Column("confirmed_sequence", BigInteger),
    Column("bounced_on", Date),
    Column("bounced_sequence", BigInteger),
)
Index("payment_of_programme", payment.c.programme)

FACTS = (programme, signal, trajectory, tally, request, payment)
"""What can be made again from the log."""

report = Table(
    "report",
    metadata,
    Column("report_id", Uuid, primary_key=True),
    Column("programme", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("until", Date, nullable=False),
    Column("figures", JSONB, nullable=False),
    Column("made_at", _MOMENT, nullable=False),
    UniqueConstraint("programme", "number", name="report_once_a_number"),
)

subscriber = Table(
    "subscriber",
    metadata,
    Column("name", Text, primary_key=True),
    Column("patterns", ARRAY(Text), nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("subscribed_at", _MOMENT, nullable=False),
    CheckConstraint("position >= 0", name="subscriber_position_is_not_negative"),
    CheckConstraint("state IN ('active', 'paused')", name="subscriber_state_is_known"),
)
