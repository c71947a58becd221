"""The tables that every service keeps beside its own: outbox, sequences, inbox, parked messages, steps taken.

A service that knows families also keeps where each of them stands (who may see it), and who looked at it.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import (
    BigInteger,
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
from sqlalchemy.dialects.postgresql import ARRAY

_MOMENT = DateTime(timezone=True)
WRITTEN_LATER = "written-later"
"""In the `info` of a column of a history that is written once after its row: no seal holds it."""


class SharedTables:
    """The shared tables of one schema; add them to a service's metadata once, in its `store.py`.

    `families`: this service knows families, so it keeps `family_scope`, `family_alias`, `reading` and `seal` too.
    """

    def __init__(self, metadata: MetaData, *, families: bool = False) -> None:
        if metadata.schema is None:
            raise ValueError("a service's metadata names its schema")
        self.metadata = metadata
        self.on_own_event: dict[str, Callable[[Any, Any], Awaitable[None]]] = {}
        """By type of event: what else happens in the transaction that publishes one (see `scope_keeping`)."""
        self.histories: list[Table] = []
        """Tables whose rows are only added, by a `position`: a change afterwards shows (see `seals`)."""
        if families:
            self._add_families(metadata)
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

    def _add_families(self, metadata: MetaData) -> None:
        self.family_scope = Table(
            "family_scope",
            metadata,
            Column("id", BigInteger, Identity(always=True), primary_key=True),
            Column("signal_id", Uuid, unique=True),
            Column("trajectory_id", Uuid, unique=True),
            Column("family_id", Uuid),
            Column("programme", Text),
            Column("area", Text),
            Column("team", Text),
            Column("tandem_id", Uuid),
            Column("supporter_id", Uuid),
            Column("buddy_id", Uuid),
            Column("received_by", Uuid),
            Column("intake_by", Uuid),
            Column("closed_on", Date),
            Column("closed_for", ARRAY(Text), nullable=False, server_default="{}"),
            CheckConstraint("num_nonnulls(signal_id, trajectory_id) > 0", name="scope_is_of_something"),
            comment="Where each family stands, from events: what decides who may see it",
        )
        scope = self.family_scope.c
        Index("family_scope_family", scope.family_id)
        Index("family_scope_place", scope.programme, scope.area)
        for column in (scope.team, scope.supporter_id, scope.buddy_id, scope.received_by, scope.intake_by):
            Index(f"family_scope_{column.name}", column, postgresql_where=column.is_not(None))
        self.family_alias = Table(
            "family_alias",
            metadata,
            Column("merged_id", Uuid, primary_key=True),
            Column("family_id", Uuid, nullable=False),
            CheckConstraint("merged_id <> family_id", name="alias_of_another"),
            comment="Which file went into which, from events: the old id goes on leading to the family",
        )
        Index("family_alias_family", self.family_alias.c.family_id)
        self.reading = Table(
            "reading",
            metadata,
            Column("position", BigInteger, Identity(always=True), primary_key=True),
            Column("id", Uuid, nullable=False, unique=True),
            Column("at", _MOMENT, nullable=False),
            Column("person", Uuid, nullable=False),
            Column("roles", ARRAY(Text), nullable=False),
            Column("family_id", Uuid, nullable=False),
            Column("what", Text, nullable=False),
            Column("trace_id", Text),
            comment="Who looked at which family, and at what; rows are only added",
        )
        Index("reading_family", self.reading.c.family_id, self.reading.c.position)
        Index("reading_person", self.reading.c.person, self.reading.c.position)
        self.histories.append(self.reading)
        self.seal = Table(
            "seal",
            metadata,
            Column("position", BigInteger, Identity(always=True), primary_key=True),
            Column("history", Text, nullable=False),
            Column("columns", ARRAY(Text), nullable=False),
            Column("after", BigInteger, nullable=False),
            Column("upto", BigInteger, nullable=False),
            Column("rows", Integer, nullable=False),
            Column("digest", Text, nullable=False),
            Column("sealed_at", _MOMENT, nullable=False),
            Column("mark", LargeBinary, nullable=False),
            UniqueConstraint("history", "after", name="sealed_once"),
            CheckConstraint("upto > after", name="seal_goes_on"),
            comment="What stood in histories when, in a chain under a key that the database does not have",
        )
