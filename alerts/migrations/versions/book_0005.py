"""News: what happened to alerts and others are still to be told of, by the database itself."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_INSERT = "INSERT INTO news (alert, entry, for_store, for_broker) VALUES (NEW.alert, NEW.number, true, true)"
_SQLITE = f"CREATE TRIGGER timeline_news AFTER INSERT ON timeline BEGIN {_INSERT}; END"
_FUNCTION_POSTGRESQL = (
    f"CREATE FUNCTION tell_news() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {_INSERT}; RETURN NULL; END $$"
)
_TRIGGER_POSTGRESQL = "CREATE TRIGGER timeline_news AFTER INSERT ON timeline FOR EACH ROW EXECUTE FUNCTION tell_news()"


def upgrade() -> None:
    """Add the table; of what happened before, nobody is told."""
    op.create_table(
        "news",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("alert", sa.String(24), nullable=False),
        sa.Column("entry", sa.Integer, nullable=False),
        sa.Column("for_store", sa.Boolean, nullable=False),
        sa.Column("for_broker", sa.Boolean, nullable=False),
        sqlite_autoincrement=True,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_FUNCTION_POSTGRESQL)
        op.execute(_TRIGGER_POSTGRESQL)
    else:
        op.execute(_SQLITE)
