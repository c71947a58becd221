"""Alembic runs this; it runs the migrations of the service that the configuration names, on a connection handed in."""

from alembic import context

from services.shared.migrations import context_options

_attributes = context.config.attributes
context.configure(connection=_attributes["connection"], **context_options(_attributes["metadata"]))
with context.begin_transaction():
    context.run_migrations()
