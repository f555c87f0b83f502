"""The tables, as SQLAlchemy Core describes them; `alembic check` keeps them and the migrations in step.

What is where: `tasks.py` (`media_process`, and who watches it), `history.py` (what is done, and the attempts);
`files.py`; `resumable_uploads.py` (those over HTTP, with their chunks); `executors.py`; `audit.py`; `control.py`
(pauses and schedules); `tenants.py`; `webhooks.py` (to whom, the outbox, the alarms); `access.py` (who may ask over
HTTP); `conditions.py` (what a status means, for indexes and statements); `conventions.py` (what all tables share).
"""

from mediaproc.db.schema.access import (
    media_idempotency_key,
    media_login_link,
    media_session,
    media_token,
    media_web_key,
)
from mediaproc.db.schema.audit import media_audit
from mediaproc.db.schema.control import media_pause, media_schedule
from mediaproc.db.schema.conventions import metadata
from mediaproc.db.schema.executors import media_executor
from mediaproc.db.schema.files import media_files, media_upload
from mediaproc.db.schema.history import media_process_attempt, media_process_history
from mediaproc.db.schema.resumable_uploads import media_resumable_upload, media_upload_chunk
from mediaproc.db.schema.tasks import media_process, media_watch
from mediaproc.db.schema.tenants import media_tenant
from mediaproc.db.schema.webhooks import media_alarm, media_delivery, media_webhook

__all__ = [
    "media_alarm",
    "media_audit",
    "media_delivery",
    "media_executor",
    "media_files",
    "media_idempotency_key",
    "media_login_link",
    "media_pause",
    "media_process",
    "media_process_attempt",
    "media_process_history",
    "media_resumable_upload",
    "media_schedule",
    "media_session",
    "media_tenant",
    "media_token",
    "media_upload",
    "media_upload_chunk",
    "media_watch",
    "media_web_key",
    "media_webhook",
    "metadata",
]
