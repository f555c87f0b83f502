"""The rights of an executor, an enqueuer, an operator, a server and a fetcher, each no more than its statements use.

A statement that begins to read another table or to write another column needs its line here; the tests run
executors and commands as these roles.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mediaproc.db.retention.old_access import FUNCTION as PRUNE_ACCESS
from mediaproc.db.retention.old_audit import FUNCTION as PRUNE_AUDIT
from mediaproc.db.retention.old_history import FUNCTIONS as PRUNE_HISTORY
from mediaproc.db.tasks.shard_indexes import FUNCTION as INDEX_TOTALS

ROLES = ("executor", "enqueuer", "operator", "server", "fetcher")

_TABLES = (
    *("mediaproc_version", "media_files", "media_process", "media_process_history", "media_process_attempt"),
    *("media_executor", "media_pause", "media_schedule", "media_webhook", "media_delivery"),
)
# Those that no role needs to read as a whole.
_OTHER_TABLES = (
    *("media_alarm", "media_audit", "media_tenant", "media_upload", "media_resumable_upload", "media_upload_chunk"),
    *("media_token", "media_session", "media_login_link", "media_idempotency_key", "media_web_key", "media_watch"),
)
# What executors may have done in the owner's name.
FUNCTIONS = tuple(f"FUNCTION {signature}" for signature in (INDEX_TOTALS, PRUNE_ACCESS, PRUNE_AUDIT, *PRUNE_HISTORY))
_VIEWS = ("backlog", "cost_per_tenant", "done_per_hour", "executors", "stage_times", "waiting_for_a_person", "working")
# Every table and view that a role could have a right on.
RELATIONS = (*_TABLES, *_OTHER_TABLES, *(f"ops.{view}" for view in _VIEWS))


@dataclass(frozen=True, kw_only=True)
class Right:
    """A privilege on a table, a view or a function, or on some of a table's columns."""

    privilege: str
    relation: str
    columns: tuple[str, ...] = ()

    def __str__(self) -> str:
        """As GRANT has it."""
        columns = f" ({', '.join(self.columns)})" if self.columns else ""
        return f"{self.privilege}{columns} ON {self.relation}"


def _select(*relations: str) -> Iterator[Right]:
    return (Right(privilege="SELECT", relation=relation) for relation in relations)


def _right(privilege: str, relation: str, *columns: str) -> Right:
    return Right(privilege=privilege, relation=relation, columns=columns)


# The columns that a claim, a renewal or a verdict writes; neither the source's place nor the priority is among them.
_PROTOCOL = (
    *("status", "fail_count", "next_attempt_at", "attempt", "claim_token", "claimed_by", "claimed_at"),
    *("lease_expires_at", "progress", "error_class", "error", "needs_decoders", "updated_at"),
)
_VERDICT = (
    *("finished_at", "outcome", "error_class", "error", "log_tail", "output_bucket", "output_key", "stage_seconds"),
    *("cpu_seconds", "sweep_after", "waits_since", "threads"),
)
_PAUSE = ("scope", "profile", "shard_index", "shard_total", "executor_id", "until", "because", "actor")
_LATEST_RUN = ("last_started_at", "last_ended_at", "last_outcome")
# Those of the ones above that a person's acts write.
_PERSON = (*(name for name in _PROTOCOL if name != "needs_decoders"), "retried_after", "priority", "position")
_ENDED = tuple(name for name in _VERDICT if name not in {"waits_since", "threads"})
_PLACE = ("bucket", "object_key")
# What a deleted file's rows lose: names, texts and keys.
_OF_FILE = ("filename", "url", "probe", "status", "updated_at")
_OF_HISTORY = (
    *("outcome", "filename", "bucket", "object_key", "delete_bucket", "delete_key", "output_bucket", "output_key"),
    *("output_size", "output_sha256", "verification", "error_class", "error", "decision", "flags", "salvaged_ratio"),
    *("width", "height", "video_codec", "audio_codec", "notes"),
)
_OF_ATTEMPT = ("log_tail", "error_class", "error", "output_bucket", "output_key")
_AUDIT = ("actor", "act", "selection", "count", "because")
# Whoever settles or cancels a task writes who is told of it; and each delivery has an end.
_OUTBOX = (
    _right("INSERT", "media_delivery", "webhook_id", "task_id", "type", "body"),
    _right(
        *("UPDATE", "media_delivery", "next_attempt_at", "attempts", "lease_token", "last_status", "last_error"),
        *("delivered_at", "dead_at"),
    ),
    _right("DELETE", "media_delivery"),
    _right("UPDATE", "media_webhook", "disabled_at", "disabled_because"),
)
# Uploads over HTTP: whoever sweeps them, and whoever takes them in.
_WRITER = ("writer", "writer_until", "expires_at")
_SWEEP_OF_CHUNKS = (
    *_select("media_resumable_upload", "media_upload_chunk"),
    _right("UPDATE", "media_resumable_upload", *_WRITER),
    _right("DELETE", "media_resumable_upload"),
    _right("DELETE", "media_upload_chunk"),
)
_RESUMABLE_UPLOADS = (
    *_SWEEP_OF_CHUNKS,
    _right(
        *("INSERT", "media_resumable_upload", "id", "bucket", "size", "metadata", "tenant", "actor", "expires_at"),
    ),
    _right(
        *("UPDATE", "media_resumable_upload", "received", "size", "outcome", "file_id", "task_ids", "error"),
        *("error_class", "ended_at"),
    ),
    _right("INSERT", "media_upload_chunk", "upload_id", "start", "writer"),
    _right("UPDATE", "media_upload_chunk", "size", "parts_name"),
)
# The tokens of `mediaproc token`, and what a server of the page and the API writes.
_ANSWER = ("status", "body", "headers")
_ACCESS = (
    *_select("media_token", "media_session", "media_login_link", "media_idempotency_key", "media_web_key"),
    _right("INSERT", "media_token", "id", "secret_sha256", "scopes", "tenant", "name", "expires_at", "created_by"),
    _right("UPDATE", "media_token", "last_used_at", "revoked_at"),
    _right("INSERT", "media_session", "secret_sha256", "token_id", "scopes", "tenant", "actor", "expires_at"),
    _right("UPDATE", "media_session", "last_used_at"),
    _right("DELETE", "media_session"),
    _right("INSERT", "media_login_link", "secret_sha256", "expires_at"),
    _right("UPDATE", "media_login_link", "used_at"),
    _right("INSERT", "media_idempotency_key", "token_id", "key", "request_sha256"),
    _right("UPDATE", "media_idempotency_key", "request_sha256", "created_at", *_ANSWER),
    _right("DELETE", "media_idempotency_key"),
    _right("INSERT", "media_web_key", "key"),
)

RIGHTS: Mapping[str, Sequence[Right]] = {
    "executor": (
        *_select(*_TABLES, "ops.executors"),
        _right("UPDATE", "media_files", "url", "status", "updated_at"),
        # The sweep of uploads that never ended.
        _right("DELETE", "media_files"),
        *_SWEEP_OF_CHUNKS,
        _right("UPDATE", "media_process", *_PROTOCOL),
        _right("DELETE", "media_process"),
        _right("INSERT", "media_process_history"),
        _right("UPDATE", "media_process_history", "fail_count", "delete_bucket", "delete_key"),
        _right("INSERT", "media_process_attempt"),
        _right("UPDATE", "media_process_attempt", *_VERDICT),
        # The retention, and the line of audit that it leaves.
        _right("DELETE", "media_process_attempt"),
        _right("INSERT", "media_audit", *_AUDIT),
        _right("INSERT", "media_executor"),
        _right(
            *("UPDATE", "media_executor", "busy", "state", "paused_for", "heartbeat_at"),
            *("shard_index", "shard_total", "found_dead_at"),
        ),
        _right("DELETE", "media_executor"),
        _right("INSERT", "media_schedule", "name", *_LATEST_RUN),
        _right("UPDATE", "media_schedule", "requested_at", "next_fire_at", "run_token", "held_until", *_LATEST_RUN),
        # Those that have ended.
        _right("DELETE", "media_pause"),
        *_OUTBOX,
        # Whose progress somebody watches.
        _right("SELECT", "media_watch"),
        # Which tenants' webhooks are told.
        _right("SELECT", "media_upload", "file_id", "tenant", "filename"),
        *_select("media_alarm"),
        _right("INSERT", "media_alarm", "type", "sentence"),
        _right("DELETE", "media_alarm"),
        *(_right("EXECUTE", function) for function in FUNCTIONS),
    ),
    "enqueuer": (
        *_select("mediaproc_version", "media_files", "media_process", "media_process_history"),
        # Whether the fleet is small enough to be notified of the task.
        _right("SELECT", "media_executor", "state", "heartbeat_at"),
        _right("INSERT", "media_files", "id", "filename", *_PLACE, "mime_type", "size", "status"),
        _right("UPDATE", "media_files", "filename", *_PLACE, "mime_type", "size", "status", "probe", "updated_at"),
        _right("INSERT", "media_process", "file_id", "profile", "filename", *_PLACE, "priority"),
        _right("INSERT", "media_process", "tenant", "position", "expected_cost", "request_key"),
        _right("SELECT", "media_tenant"),
        _right("INSERT", "media_tenant", "tenant", "last_start", "last_cost"),
        _right("UPDATE", "media_tenant", "last_start", "last_cost"),
        _right("UPDATE", "media_process", *_PLACE, "updated_at"),
        _right("INSERT", "media_upload", "file_id", "tenant", "filename"),
        _right("SELECT", "media_upload"),
        *_RESUMABLE_UPLOADS,
    ),
    "operator": (
        *_select(*_TABLES, *(f"ops.{view}" for view in _VIEWS)),
        # The weights, by SQL.
        _right("SELECT", "media_tenant"),
        _right("INSERT", "media_tenant", "tenant", "last_start", "last_cost", "weight"),
        _right("UPDATE", "media_tenant", "last_start", "weight"),
        _right("UPDATE", "media_process", *_PERSON),
        _right("DELETE", "media_process"),
        _right("INSERT", "media_process_history"),
        # `tasks complete` claims and settles as an executor does.
        _right("INSERT", "media_process_attempt"),
        _right("UPDATE", "media_process_attempt", *_ENDED),
        _right("INSERT", "media_pause", *_PAUSE),
        _right("UPDATE", "media_pause", "until", "because", "actor", "created_at"),
        _right("DELETE", "media_pause"),
        _right("INSERT", "media_schedule", "name"),
        _right(
            *("UPDATE", "media_schedule", "cron", "changed_by", "paused", "paused_by", "requested_at"),
            *("next_fire_at", "updated_at"),
        ),
        # Who looks at a page watches what it shows.
        _right("SELECT", "media_watch"),
        _right("INSERT", "media_watch", "claim_token", "watched_until"),
        _right("UPDATE", "media_watch", "watched_until"),
        _right("DELETE", "media_watch"),
        # The deletion of files.
        _right("SELECT", "media_upload"),
        _right("DELETE", "media_upload"),
        _right("UPDATE", "media_files", *_OF_FILE),
        _right("DELETE", "media_files"),
        _right("UPDATE", "media_process_history", *_OF_HISTORY),
        _right("INSERT", "media_audit", *_AUDIT),
        *_OUTBOX,
        *_select("media_alarm", "media_audit"),
        _right("INSERT", "media_webhook", "url", "events", "tenant", "secret", "actor"),
        _right("UPDATE", "media_webhook", "secret", "earlier_secret", "earlier_secret_until"),
        _right("DELETE", "media_webhook"),
        *_ACCESS,
    ),
}


def rights_of(role: str) -> Sequence[Right]:
    """Those of the role.

    A server of the page hands in uploads and does what an operator does, and nothing else. A fetcher is an executor
    that brings drafts from URLs: what came is handed in as an upload is.
    """
    match role:
        case "server":
            return (*RIGHTS["enqueuer"], *RIGHTS["operator"])
        case "fetcher":
            return (*RIGHTS["executor"], *RIGHTS["enqueuer"])
        case _:
            return RIGHTS[role]
