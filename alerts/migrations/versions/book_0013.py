"""The timeline is append-only for whoever replaces a row or empties the table, too."""

from alembic import op

revision = "0013"
down_revision = "0012"

_SQLITE = """CREATE TRIGGER timeline_no_replace BEFORE INSERT ON timeline
WHEN EXISTS (SELECT 1 FROM timeline WHERE alert = NEW.alert AND number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'the timeline is append-only'); END"""
"""SQLite calls no DELETE trigger for the row that INSERT OR REPLACE takes away."""
_POSTGRESQL = """CREATE TRIGGER timeline_no_truncate BEFORE TRUNCATE ON timeline
FOR EACH STATEMENT EXECUTE FUNCTION timeline_refuse()"""


def upgrade() -> None:
    """Add the trigger."""
    op.execute(_POSTGRESQL if op.get_bind().dialect.name == "postgresql" else _SQLITE)
