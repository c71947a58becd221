"""Matching's tables; their constraints are the last word on what can be."""

from enum import StrEnum

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from services.matching.domain import AT_WORK, OPEN_REQUEST, RequestState, TandemState
from services.matching.events import TANDEM_SCOPE_EVENTS, TandemPart
from services.shared.scope_keeping import keep_own_scopes
from services.shared.tables import SharedTables


class ProposalState(StrEnum):
    OPEN = "open"
    CHOSEN = "chosen"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Change(StrEnum):
    """What is changed in how a family is matched, as its history tells it."""

    CHOSEN = "chosen"
    DECLINED = "declined"
    CONFIRMED = "confirmed"
    AGAIN = "again"
    ENDED = "ended"


def _one_of(column: str, kinds: type[StrEnum]) -> CheckConstraint:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


metadata = MetaData(schema="matching", naming_convention={"ck": "%(table_name)s_%(constraint_name)s"})
tables = SharedTables(metadata, families=True)
keep_own_scopes(tables, *TANDEM_SCOPE_EVENTS)

person = Table(
    "person",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("programme", Text, nullable=False),
    Column("part", Text, nullable=False),
    Column("areas", ARRAY(Text), nullable=False),
    Column("languages", ARRAY(Text), nullable=False),
    Column("themes", ARRAY(Text), nullable=False),
    Column("trainings", ARRAY(Text), nullable=False),
    Column("vog_until", Date),
    Column("capacity", Integer, nullable=False),
    Column("active_from", Date, nullable=False),
    Column("left_on", Date),
    Column("team", Text),
    _one_of("part", TandemPart),
    CheckConstraint("capacity >= 0", name="capacity_not_negative"),
)
Index("person_of_programme", person.c.programme, person.c.id)

request = Table(
    "request",
    metadata,
    Column("trajectory_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("family_id", Uuid, nullable=False),
    Column("programme", Text, nullable=False),
    Column("programme_version", Integer, nullable=False),
    Column("area", Text, nullable=False),
    Column("languages", ARRAY(Text), nullable=False),
    Column("themes", ARRAY(Text), nullable=False),
    Column("requested_on", Date, nullable=False),
    Column("state", Text, nullable=False),
    Column("unmatched_reasons", ARRAY(Text), nullable=False, server_default="{}"),
    _one_of("state", RequestState),
    CheckConstraint("number >= 1", name="number_from_one"),
)
Index(
    "request_one_open",
    request.c.trajectory_id,
    unique=True,
    postgresql_where=request.c.state.in_(OPEN_REQUEST),
)
Index("request_waiting", request.c.programme, request.c.requested_on, postgresql_where=request.c.state == "waiting")

round_ = Table(
    "round",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("programme", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("held_on", Date, nullable=False),
    Column("waiting", Integer, nullable=False),
    Column("proposed", Integer, nullable=False),
    Column("unmatched", Integer, nullable=False),
    UniqueConstraint("programme", "number", name="round_held_once"),
    CheckConstraint("waiting = proposed + unmatched", name="everyone_counted"),
)

proposal = Table(
    "proposal",
    metadata,
    Column("round_id", Uuid, primary_key=True),
    Column("trajectory_id", Uuid, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("made_on", Date, nullable=False),
    Column("state", Text, nullable=False),
    Column("answered_on", Date),
    Column("reason", Text),
    ForeignKeyConstraint(["trajectory_id", "number"], ["matching.request.trajectory_id", "matching.request.number"]),
    _one_of("state", ProposalState),
)
Index("proposal_one_open", proposal.c.trajectory_id, unique=True, postgresql_where=proposal.c.state == "open")

tandem_ = Table(
    "tandem",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("trajectory_id", Uuid, nullable=False),
    Column("round_id", Uuid, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("supporter_id", Uuid, nullable=False),
    Column("buddy_id", Uuid, nullable=False),
    Column("reasons", ARRAY(Text), nullable=False),
    Column("state", Text, nullable=False),
    Column("started_on", Date),
    Column("confirmed_on", Date),
    Column("ended_on", Date),
    Column("reason", Text),
    ForeignKeyConstraint(
        ["round_id", "trajectory_id"], ["matching.proposal.round_id", "matching.proposal.trajectory_id"]
    ),
    ForeignKeyConstraint(["supporter_id"], ["matching.person.id"]),
    ForeignKeyConstraint(["buddy_id"], ["matching.person.id"]),
    _one_of("state", TandemState),
    CheckConstraint("(state = 'ended') = (ended_on IS NOT NULL)", name="ended_has_a_day"),
    CheckConstraint("state NOT IN ('trial', 'confirmed') OR started_on IS NOT NULL", name="trial_has_a_day"),
    CheckConstraint("state <> 'confirmed' OR confirmed_on IS NOT NULL", name="confirmed_has_a_day"),
)
Index(
    "tandem_one_at_work",
    tandem_.c.trajectory_id,
    unique=True,
    postgresql_where=tandem_.c.state.in_(AT_WORK),
)
Index("tandem_of_supporter", tandem_.c.supporter_id, postgresql_where=tandem_.c.state != "ended")
Index("tandem_of_buddy", tandem_.c.buddy_id, postgresql_where=tandem_.c.state != "ended")

declined = Table(
    "declined",
    metadata,
    Column("family_id", Uuid, primary_key=True),
    Column("person_id", Uuid, primary_key=True),
    Column("declined_on", Date, nullable=False),
)

change = Table(
    "change",
    metadata,
    Column("position", BigInteger, Identity(always=True), primary_key=True),
    Column("trajectory_id", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("by_person", Uuid),
    Column("what", Text, nullable=False),
    Column("reason", Text),
    _one_of("what", Change),
    comment="Who answered for a family, when and why; rows are only added",
)
tables.histories.append(change)
Index("change_of_trajectory", change.c.trajectory_id, change.c.position)
