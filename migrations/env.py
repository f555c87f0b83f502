"""How alembic reaches the database: over the connection that `mediaproc.db.migrate` hands it."""

from alembic import context

from mediaproc.db.schema import metadata
from mediaproc.db.schema_version import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    # The views of the schema ops are frozen SQL; alembic compares tables only.
    include_schemas=False,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
