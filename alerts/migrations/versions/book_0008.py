"""Notifications that are urgent, shortened, told in a digest, or passed on to another channel."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the columns; what waits already goes on as it was."""
    no = sa.text("false")
    op.add_column("notification", sa.Column("urgent", sa.Boolean, nullable=False, server_default=no))
    op.add_column("notification", sa.Column("shortened", sa.Boolean, nullable=False, server_default=no))
    op.add_column("notification", sa.Column("digest", sa.String(200)))
    op.add_column("notification", sa.Column("passed_on", sa.String(32)))
    told = sa.text("digest IS NOT NULL")
    op.create_index("notification_by_digest", "notification", ["digest"], sqlite_where=told, postgresql_where=told)
