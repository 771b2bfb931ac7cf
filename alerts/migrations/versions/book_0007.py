"""Alerts that changed lately are found at once."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the index."""
    op.create_index("alert_by_changed", "alert", ["changed_at", "id"])
