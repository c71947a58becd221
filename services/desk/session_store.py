"""Who is signed in: the table of it."""

from sqlalchemy import Column, DateTime, ForeignKey, Index, Table, Uuid

from services.desk.colleagues import colleague
from services.desk.store import metadata

_MOMENT = DateTime(timezone=True)

session = Table(
    "session",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("person", Uuid, ForeignKey(colleague.c.person), nullable=False),
    Column("opened_at", _MOMENT, nullable=False),
    Column("seen_at", _MOMENT, nullable=False),
    Column("ended_at", _MOMENT),
    Column("ended_by", Uuid),
    # What the provider calls whoever signed in, and its own session of them: as ids that follow from both.
    Column("subject", Uuid),
    Column("provider_session", Uuid),
)
Index("session_subject", session.c.subject, postgresql_where=session.c.ended_at.is_(None))
Index("session_open", session.c.person, postgresql_where=session.c.ended_at.is_(None))
