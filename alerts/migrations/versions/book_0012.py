"""The newest notifications are found at once."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the index."""
    op.create_index("notification_by_created", "notification", ["created_at", "id"])
