"""Alerts that are suppressed or chatter."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add what is so about them; of every alert there is, people were told."""
    op.add_column("alert", sa.Column("suppressed_by", sa.String(200)))
    for name in ("chattering", "unheard"):
        op.add_column("alert", sa.Column(name, sa.Boolean, nullable=False, server_default=sa.text("false")))
