"""Runs the migrations on the connection that `Database.migrate` hands over."""

from alembic import context
from sqlmodel import SQLModel

# They fill the metadata.
from models import embed_ticket, failure_budget, invitation, member, observation, pending_flow, revocation, sign_in  # noqa: F401

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
