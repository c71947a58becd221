"""Where staff can be mailed, as the OpenID provider told or as they gave it themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision: str | None = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of staff only."""
    op.create_table(
        "mail_address",
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person"),
        schema="desk",
    )


def downgrade() -> None:
    """Without addresses nobody is mailed."""
    op.drop_table("mail_address", schema="desk")
