"""A task says of which trajectory it is; old ids of families that were merged go on leading to the one family."""

import sqlalchemy as sa
from alembic import op

from services.shared.migrations.family_aliases import create_family_aliases, drop_family_aliases

revision = "0010"
down_revision: str | None = "0009"
branch_labels = None
depends_on = None

# Of what is asked about money the desk did not hear which trajectory it was for: where there is one, it is that one.
KNOWN_ALREADY = """
UPDATE desk.task SET trajectory_id = subject_id
WHERE kind IN ('choose-tandem', 'evaluate-trial', 'make-plan', 'hold-review', 'take-measurement', 'give-aftercare',
    'talk-about-pause');
UPDATE desk.task SET trajectory_id = only_one.trajectory_id
FROM (
    SELECT family_id, programme, (array_agg(trajectory_id))[1] AS trajectory_id FROM desk.course
    GROUP BY family_id, programme HAVING count(*) = 1
) AS only_one
WHERE task.trajectory_id IS NULL AND task.family_id = only_one.family_id AND task.programme = only_one.programme
"""


def upgrade() -> None:
    """The column, for what is on the list already as well."""
    op.add_column("task", sa.Column("trajectory_id", sa.Uuid(), nullable=True), schema="desk")
    op.create_index(
        "task_trajectory", "task", ["trajectory_id"], schema="desk", postgresql_where=sa.text("closed_at IS NULL")
    )
    op.execute(KNOWN_ALREADY)
    create_family_aliases("desk")


def downgrade() -> None:
    """Tasks are of a family again."""
    drop_family_aliases("desk")
    op.drop_index("task_trajectory", table_name="task", schema="desk")
    op.drop_column("task", "trajectory_id", schema="desk")
