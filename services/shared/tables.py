"""The tables that every service keeps beside its own: outbox, sequences, inbox, parked messages, steps taken."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    func,
)

_MOMENT = DateTime(timezone=True)


class SharedTables:
    """The shared tables of one schema; add them to a service's metadata once, in its `store.py`."""

    def __init__(self, metadata: MetaData) -> None:
        if metadata.schema is None:
            raise ValueError("a service's metadata names its schema")
        self.metadata = metadata
        self.schema: str = metadata.schema
        self.outbox = Table(
            "outbox",
            metadata,
            Column("position", BigInteger, Identity(always=True), primary_key=True),
            Column("event_id", Uuid, nullable=False, unique=True),
            Column("type", Text, nullable=False),
            Column("routing_key", Text, nullable=False),
            Column("subject", Uuid, nullable=False),
            Column("sequence", BigInteger, nullable=False),
            Column("body", LargeBinary, nullable=False),
            Column("recorded_at", _MOMENT, nullable=False, server_default=func.clock_timestamp()),
            Column("published_at", _MOMENT),
        )
        Index("outbox_unpublished", self.outbox.c.position, postgresql_where=self.outbox.c.published_at.is_(None))
        self.subject_sequence = Table(
            "subject_sequence",
            metadata,
            Column("subject", Uuid, primary_key=True),
            Column("last", BigInteger, nullable=False),
        )
        self.inbox = Table(
            "inbox",
            metadata,
            Column("consumer", Text, primary_key=True),
            Column("event_id", Uuid, primary_key=True),
            Column("type", Text, nullable=False),
            Column("subject", Uuid, nullable=False),
            Column("state", Text, nullable=False),
            Column("attempts", Integer, nullable=False),
            Column("body", LargeBinary),
            Column("handled_at", _MOMENT, nullable=False, server_default=func.clock_timestamp()),
            Column("next_attempt_at", _MOMENT),
        )
        Index("inbox_retrying", self.inbox.c.next_attempt_at, postgresql_where=self.inbox.c.state == "retrying")
        self.parked = Table(
            "parked",
            metadata,
            Column("id", Uuid, primary_key=True),
            Column("consumer", Text, nullable=False),
            Column("event_id", Uuid),
            Column("type", Text),
            Column("body", LargeBinary, nullable=False),
            Column("reason", Text, nullable=False),
            Column("place", Text, nullable=False),
            Column("attempts", Integer, nullable=False),
            Column("parked_at", _MOMENT, nullable=False, server_default=func.clock_timestamp()),
            Column("resend_at", _MOMENT),
            Column("resolved_at", _MOMENT),
        )
        Index("parked_open", self.parked.c.parked_at, postgresql_where=self.parked.c.resolved_at.is_(None))
        self.step = Table(
            "step",
            metadata,
            Column("key", Text, primary_key=True),
            Column("result", LargeBinary, nullable=False),
            Column("taken_at", _MOMENT, nullable=False, server_default=func.clock_timestamp()),
        )
