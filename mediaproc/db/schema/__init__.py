"""The tables, as SQLAlchemy Core describes them; `alembic check` keeps them and the migrations in step."""

from mediaproc.db.schema.conventions import metadata
from mediaproc.db.schema.executors import media_executor
from mediaproc.db.schema.files import media_files
from mediaproc.db.schema.history import media_process_attempt, media_process_history
from mediaproc.db.schema.tasks import media_process

__all__ = [
    "media_executor",
    "media_files",
    "media_process",
    "media_process_attempt",
    "media_process_history",
    "metadata",
]
