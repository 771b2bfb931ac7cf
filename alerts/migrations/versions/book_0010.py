"""Links by which somebody acknowledged an alert."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "used_link",
        sa.Column("link", sa.String(64), primary_key=True),
        sa.Column("used_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_used_link_used_at", "used_link", ["used_at"])
