"""Messages that were taken, of which the provider says later whether they arrived."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the table; of what was taken before, nobody is asked."""
    op.create_table(
        "receipt",
        sa.Column("notification", sa.String(200), sa.ForeignKey("notification.id"), primary_key=True),
        sa.Column("target", sa.String(200), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("reference", sa.String(200), nullable=False),
        sa.Column("sent_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("asked", sa.Integer, nullable=False),
    )
    op.create_index("receipt_by_reference", "receipt", ["reference"])
    op.create_index("receipt_by_due", "receipt", ["due_at"])
