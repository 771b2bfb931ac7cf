"""Who stands in for whom."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the table; nobody had swapped."""
    op.create_table(
        "swap",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("rota", sa.String(200)),
        sa.Column("out", sa.String(200), nullable=False),
        sa.Column("stands_in", sa.String(200), nullable=False),
        sa.Column("start", sa.BigInteger, nullable=False),
        sa.Column("end", sa.BigInteger, nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("arranged_at", sa.BigInteger, nullable=False),
        sa.Column("taken_back_at", sa.BigInteger),
        sa.Column("taken_back_by", sa.String(200)),
    )
    op.create_index("ix_swap_end", "swap", ["end"])
