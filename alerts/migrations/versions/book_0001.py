"""The alert book: alerts, their timelines, the outbox and its ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_REFUSE_SQLITE = """CREATE TRIGGER timeline_no_{verb} BEFORE {verb} ON timeline
BEGIN SELECT RAISE(ABORT, 'the timeline is append-only'); END"""
_REFUSE_POSTGRESQL = """CREATE FUNCTION timeline_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the timeline is append-only'; END $$"""
_TRIGGER_POSTGRESQL = """CREATE TRIGGER timeline_append_only BEFORE UPDATE OR DELETE ON timeline
FOR EACH ROW EXECUTE FUNCTION timeline_refuse()"""


def _moment(name: str, *, nullable: bool = True) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def upgrade() -> None:
    """Create everything."""
    _alert()
    _timeline()
    _bookkeeping()
    _outbox()


def _alert() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.String(24), primary_key=True),
        sa.Column("rule", sa.String(200), nullable=False),
        sa.Column("subject_kind", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("facility", sa.String(200)),
        sa.Column("zone", sa.String(200)),
        sa.Column("category", sa.String(32), nullable=False),
        sa.Column("definition", sa.JSON, nullable=False),
        sa.Column("severity", sa.String(32), nullable=False),
        sa.Column("latches", sa.Boolean, nullable=False),
        sa.Column("condition", sa.String(32), nullable=False),
        sa.Column("acknowledged", sa.Boolean, nullable=False),
        sa.Column("latched", sa.Boolean, nullable=False),
        sa.Column("activations", sa.Integer, nullable=False),
        sa.Column("closed", sa.String(64)),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("reason", sa.JSON, nullable=False),
        _moment("opened_at", nullable=False),
        _moment("raised_at", nullable=False),
        _moment("changed_at", nullable=False),
        _moment("decided_at", nullable=False),
        _moment("cleared_at"),
        _moment("acknowledged_at"),
        sa.Column("acknowledged_by", sa.String(200)),
        _moment("closed_at"),
        sa.Column("closed_by", sa.String(200)),
        sa.Column("entries", sa.Integer, nullable=False),
    )
    is_open = sa.text("closed IS NULL")
    columns = ["rule", "subject_kind", "subject"]
    op.create_index("alert_open", "alert", columns, unique=True, sqlite_where=is_open, postgresql_where=is_open)
    op.create_index("alert_by_state", "alert", ["state"])
    op.create_index("alert_by_opened", "alert", ["opened_at"])
    op.create_index("alert_by_facility", "alert", ["facility", "opened_at"])


def _timeline() -> None:
    op.create_table(
        "timeline",
        sa.Column("alert", sa.String(24), sa.ForeignKey("alert.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        _moment("at", nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_REFUSE_POSTGRESQL)
        op.execute(_TRIGGER_POSTGRESQL)
    else:
        op.execute(_REFUSE_SQLITE.format(verb="UPDATE"))
        op.execute(_REFUSE_SQLITE.format(verb="DELETE"))


def _bookkeeping() -> None:
    op.create_table(
        "pending",
        sa.Column("rule", sa.String(200), primary_key=True),
        sa.Column("subject_kind", sa.String(32), primary_key=True),
        sa.Column("subject", sa.String(200), primary_key=True),
        sa.Column("transition", sa.JSON, nullable=False),
        sa.Column("definition", sa.JSON, nullable=False),
    )
    op.create_table("taken", sa.Column("key", sa.String(64), primary_key=True), _moment("taken_at", nullable=False))
    op.create_index("ix_taken_taken_at", "taken", ["taken_at"])
    op.create_table(
        "day", sa.Column("day", sa.String(8), primary_key=True), sa.Column("last", sa.Integer, nullable=False)
    )


def _outbox() -> None:
    op.create_table(
        "notification",
        sa.Column("id", sa.String(200), primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("alert", sa.String(24), sa.ForeignKey("alert.id"), nullable=False),
        sa.Column("target", sa.String(200), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        _moment("decided_at", nullable=False),
        _moment("created_at", nullable=False),
        _moment("due_at", nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("lease_by", sa.String(200)),
        _moment("lease_until"),
        _moment("answered_at"),
        sa.Column("answer", sa.Text),
        sa.Column("possibly_doubled", sa.Boolean, nullable=False),
    )
    outstanding = sa.text("state IN ('queued', 'sending', 'failed')")
    op.create_index("notification_by_alert", "notification", ["alert", "number"])
    op.create_index(
        "notification_outstanding",
        "notification",
        ["due_at"],
        sqlite_where=outstanding,
        postgresql_where=outstanding,
    )
    op.create_table(
        "attempt",
        sa.Column("notification", sa.String(200), sa.ForeignKey("notification.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        _moment("at", nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
    )
    op.create_table(
        "pause",
        sa.Column("target", sa.String(200), primary_key=True),
        sa.Column("channel", sa.String(32), primary_key=True),
        _moment("since", nullable=False),
        _moment("until", nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
