"""Runs the migrations on the connection that `alerts.database` hands in."""

from alembic import context

from alerts.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
