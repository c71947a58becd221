"""The tables of plans; their constraints are the last word on what can be."""

from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
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

from services.plans.domain import Change, ContactKind, DocumentKind, GoalState, PlanState, Scan, TrajectoryState, Who
from services.plans.events import Contributor, MeasurementMoment, Phase, TrajectoryClosed, TrajectoryOpened
from services.shared.scope_keeping import keep_own_scopes
from services.shared.tables import SharedTables


def _one_of(column: str, kinds: type[StrEnum]) -> CheckConstraint:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


metadata = MetaData(schema="plans", naming_convention={"ck": "%(table_name)s_%(constraint_name)s"})
tables = SharedTables(metadata, families=True)
keep_own_scopes(tables, TrajectoryOpened, TrajectoryClosed)

trajectory = Table(
    "trajectory",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("family_id", Uuid, nullable=False),
    Column("programme", Text, nullable=False),
    Column("programme_version", Integer, nullable=False),
    Column("area", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("phase_since", Date, nullable=False),
    Column("state", Text, nullable=False),
    Column("pause_reason", Text),
    Column("started_on", Date, nullable=False),
    Column("closed_on", Date),
    Column("outcome", Text),
    Column("reason", Text),
    # Whose family it is now: who may open its pages.
    Column("tandem_id", Uuid),
    Column("supporter_id", Uuid),
    Column("buddy_id", Uuid),
    # The next day on which something is due and not yet named; empty while it is named and not yet held.
    Column("next_review_on", Date),
    Column("next_measurement_on", Date),
    _one_of("phase", Phase),
    _one_of("state", TrajectoryState),
    CheckConstraint("(state = 'closed') = (phase = 'closed')", name="closed_is_a_phase"),
    CheckConstraint(
        "(state = 'closed') = (closed_on IS NOT NULL AND outcome IS NOT NULL)", name="closed_has_an_outcome"
    ),
    CheckConstraint(
        "state <> 'closed' OR (next_review_on IS NULL AND next_measurement_on IS NULL)", name="closed_has_nothing_due"
    ),
)
Index("trajectory_of_family", trajectory.c.family_id)
Index("trajectory_review_due", trajectory.c.programme, trajectory.c.next_review_on)
Index("trajectory_measurement_due", trajectory.c.programme, trajectory.c.next_measurement_on)

_OF_TRAJECTORY = "plans.trajectory.id"

plan = Table(
    "plan",
    metadata,
    Column("trajectory_id", Uuid, ForeignKey(_OF_TRAJECTORY), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("state", Text, nullable=False),
    Column("drafted_on", Date, nullable=False),
    Column("agreed_on", Date),
    Column("agreed_with", Uuid),
    Column("situation", Text),
    Column("wishes", Text),
    _one_of("state", PlanState),
    CheckConstraint("version >= 1", name="version_from_one"),
    CheckConstraint("(state = 'draft') = (agreed_on IS NULL)", name="agreed_has_a_day"),
)
Index("plan_one_draft", plan.c.trajectory_id, unique=True, postgresql_where=plan.c.state == PlanState.DRAFT)
Index("plan_one_agreed", plan.c.trajectory_id, unique=True, postgresql_where=plan.c.state == PlanState.AGREED)

goal = Table(
    "goal",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("trajectory_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("weight", Integer, nullable=False),
    Column("theme", Text, nullable=False),
    Column("words", Text),
    Column("state", Text, nullable=False),
    Column("ended_on", Date),
    ForeignKeyConstraint(["trajectory_id", "version"], ["plans.plan.trajectory_id", "plans.plan.version"]),
    UniqueConstraint("trajectory_id", "id"),
    _one_of("state", GoalState),
    CheckConstraint("(state = 'open') = (ended_on IS NULL)", name="ended_has_a_day"),
)
Index("goal_of_trajectory", goal.c.trajectory_id, goal.c.weight)

plan_step = Table(
    "plan_step",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("trajectory_id", Uuid, nullable=False),
    Column("goal_id", Uuid, nullable=False),
    Column("words", Text),
    Column("who", Text, nullable=False),
    Column("by_date", Date),
    Column("done_on", Date),
    ForeignKeyConstraint(["trajectory_id", "goal_id"], ["plans.goal.trajectory_id", "plans.goal.id"]),
    _one_of("who", Who),
)
Index("plan_step_of_goal", plan_step.c.goal_id)

review = Table(
    "review",
    metadata,
    Column("trajectory_id", Uuid, ForeignKey(_OF_TRAJECTORY), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("due_on", Date, nullable=False),
    Column("held_on", Date),
    Column("held_by", Uuid),
    Column("ready_to_let_go", Boolean),
    Column("notes", Text),
    CheckConstraint("number >= 1", name="number_from_one"),
    CheckConstraint("(held_on IS NULL) = (ready_to_let_go IS NULL)", name="held_has_an_answer"),
)
Index("review_one_open", review.c.trajectory_id, unique=True, postgresql_where=review.c.held_on.is_(None))

measurement = Table(
    "measurement",
    metadata,
    Column("trajectory_id", Uuid, ForeignKey(_OF_TRAJECTORY), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("due_on", Date, nullable=False),
    Column("taken_on", Date),
    Column("taken_by", Uuid),
    Column("instrument", Text),
    Column("instrument_version", Integer),
    Column("moment", Text),
    Column("scores", JSONB(none_as_null=True)),
    _one_of("moment", MeasurementMoment),
    CheckConstraint("number >= 1", name="number_from_one"),
    CheckConstraint(
        "num_nulls(taken_on, instrument, instrument_version, moment, scores) IN (0, 5)", name="taken_whole"
    ),
)
Index(
    "measurement_one_open", measurement.c.trajectory_id, unique=True, postgresql_where=measurement.c.taken_on.is_(None)
)
Index(
    "measurement_one_baseline_and_one_end",
    measurement.c.trajectory_id,
    measurement.c.instrument,
    measurement.c.moment,
    unique=True,
    postgresql_where=measurement.c.moment != MeasurementMoment.INTERIM,
)

hours = Table(
    "hours",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("trajectory_id", Uuid, ForeignKey(_OF_TRAJECTORY), nullable=False),
    Column("contributor", Text, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("on_date", Date, nullable=False),
    _one_of("contributor", Contributor),
    CheckConstraint("minutes BETWEEN 1 AND 1440", name="minutes_of_one_day"),
)
Index("hours_of_trajectory", hours.c.trajectory_id, hours.c.on_date)

aftercare = Table(
    "aftercare",
    metadata,
    Column("trajectory_id", Uuid, ForeignKey(_OF_TRAJECTORY), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("due_on", Date, nullable=False),
    Column("given_on", Date),
    Column("given_by", Uuid),
    Column("reached", Boolean),
    CheckConstraint("(given_on IS NULL) = (reached IS NULL)", name="given_has_an_answer"),
)

journal = Table(
    "journal",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("trajectory_id", Uuid, ForeignKey(_OF_TRAJECTORY), nullable=False),
    Column("on_date", Date, nullable=False),
    Column("kind", Text, nullable=False),
    Column("present", ARRAY(Text), nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("words", Text),
    Column("written_by", Uuid, nullable=False),
    Column("written_at", DateTime(timezone=True), nullable=False),
    _one_of("kind", ContactKind),
    CheckConstraint("minutes BETWEEN 0 AND 1440", name="minutes_of_one_day"),
)
Index("journal_of_trajectory", journal.c.trajectory_id, journal.c.on_date)

task_note = Table(
    "task_note",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("trajectory_id", Uuid, ForeignKey(_OF_TRAJECTORY), nullable=False),
    # Of the desk, which keeps no words about people itself.
    Column("task_id", Uuid, nullable=False),
    Column("words", Text),
    Column("written_by", Uuid, nullable=False),
    Column("written_at", DateTime(timezone=True), nullable=False),
)
Index("task_note_of_task", task_note.c.task_id, task_note.c.written_at)
Index("task_note_of_trajectory", task_note.c.trajectory_id)

document_key = Table(
    "document_key",
    metadata,
    Column("family_id", Uuid, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    comment="One key a family, itself sealed: without it nothing of its documents can be read, in no copy either",
)

document = Table(
    "document",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("trajectory_id", Uuid, ForeignKey(_OF_TRAJECTORY), nullable=False),
    Column("kind", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("scan", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("added_by", Uuid, nullable=False),
    Column("added_at", DateTime(timezone=True), nullable=False),
    _one_of("kind", DocumentKind),
    _one_of("scan", Scan),
)
Index("document_of_trajectory", document.c.trajectory_id, document.c.added_at)

change = Table(
    "change",
    metadata,
    Column("position", BigInteger, Identity(always=True), primary_key=True),
    Column("trajectory_id", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("by_person", Uuid),
    Column("what", Text, nullable=False),
    Column("number", Integer),
    Column("reason", Text),
    _one_of("what", Change),
    comment="Who changed what, when and why; rows are only added. No person: it follows from the programme",
)
tables.histories.append(change)
Index("change_of_trajectory", change.c.trajectory_id, change.c.position)
