"""What each credential has sent lately."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the table; nothing is known of what was sent before, which the next window forgets anyway."""
    op.create_table(
        "allowance",
        sa.Column("credential", sa.String(400), primary_key=True),
        sa.Column("spent", sa.JSON, nullable=False),
    )
