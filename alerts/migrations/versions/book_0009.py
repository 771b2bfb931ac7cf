"""Shelving, service, verification, assignment, deadlines; maintenance and drill windows."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_DUE = sa.text("due_at IS NOT NULL")


def _moment(name: str, *, nullable: bool = True) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def upgrade() -> None:
    """Add what is so about alerts and the windows; of alerts that are open nothing is late."""
    for name in ("maintenance", "drill"):
        op.add_column("alert", sa.Column(name, sa.String(24)))
    for name in ("shelved_until", "acknowledge_due_at", "resolve_due_at", "verify_due_at", "due_at"):
        op.add_column("alert", _moment(name))
    for name in ("shelved_by", "out_of_service_by", "assigned_to"):
        op.add_column("alert", sa.Column(name, sa.String(200)))
    for name in ("shelved_why", "out_of_service_why"):
        op.add_column("alert", sa.Column(name, sa.Text))
    op.add_column("alert", sa.Column("verification", sa.String(32)))
    for name in ("out_of_service", "acknowledge_overdue", "resolve_overdue", "verify_overdue"):
        op.add_column("alert", sa.Column(name, sa.Boolean, nullable=False, server_default=sa.text("false")))
    op.create_index("alert_by_due", "alert", ["due_at"], sqlite_where=_DUE, postgresql_where=_DUE)
    _windows()


def _windows() -> None:
    op.create_table(
        "window",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("scope_kind", sa.String(32), nullable=False),
        sa.Column("scope", sa.String(200), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        _moment("starts_at", nullable=False),
        _moment("ends_at", nullable=False),
        sa.Column("made_by", sa.String(200), nullable=False),
        _moment("made_at", nullable=False),
        sa.Column("ended_by", sa.String(200)),
        _moment("due_at"),
    )
    op.create_index("window_by_due", "window", ["due_at"], sqlite_where=_DUE, postgresql_where=_DUE)
    op.create_index("window_by_end", "window", ["ends_at"])
