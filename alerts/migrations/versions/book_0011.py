"""What is still to be told of alerts."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the table. What waits in the outbox from before is told at its time."""
    op.create_table(
        "planned",
        sa.Column("id", sa.String(400), primary_key=True),
        sa.Column("alert", sa.String(24), sa.ForeignKey("alert.id"), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("plan", sa.Integer, nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("told", sa.String(32), nullable=False),
        sa.Column("to", sa.JSON, nullable=False),
        sa.Column("channels", sa.JSON, nullable=False),
        sa.Column("until", sa.String(32), nullable=False),
        sa.Column("repeat", sa.BigInteger),
        sa.Column("bundle", sa.String(400)),
        sa.Column("armed_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("ended", sa.String(32)),
        sa.Column("ended_at", sa.BigInteger),
    )
    waiting = sa.text("ended IS NULL")
    op.create_index("planned_by_alert", "planned", ["alert"])
    op.create_index("planned_waiting", "planned", ["due_at"], sqlite_where=waiting, postgresql_where=waiting)
