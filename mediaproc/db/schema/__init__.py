"""The tables, as SQLAlchemy Core describes them; `alembic check` keeps them and the migrations in step."""

from mediaproc.db.schema.tasks import (
    CLAIMABLE,
    media_executor,
    media_files,
    media_process,
    media_process_attempt,
    media_process_history,
    metadata,
)

__all__ = [
    "CLAIMABLE",
    "media_executor",
    "media_files",
    "media_process",
    "media_process_attempt",
    "media_process_history",
    "metadata",
]
