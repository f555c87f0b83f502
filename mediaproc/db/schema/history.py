"""What is left of tasks that are done, and of every attempt at a task."""

from sqlalchemy import REAL, BigInteger, CheckConstraint, Column, Index, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from mediaproc.db.schema.conventions import Moment, metadata, now_by_default

media_process_history = Table(
    "media_process_history",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False, comment="the task's id"),
    Column("file_id", Text, nullable=False),
    Column("profile", Text, nullable=False),
    Column("filename", Text, nullable=False),
    Column("bucket", Text, nullable=False),
    Column("object_key", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("fail_count", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("outcome", Text, nullable=False),
    Column(
        "tenant",
        Text,
        nullable=False,
        server_default=text("''"),
        comment="whose upload it was; empty: nobody's in particular, which is a tenant like any other",
    ),
    Column("claim_token", Uuid),
    Column("claimed_by", Uuid),
    Column("claimed_at", Moment),
    Column("error_class", Text),
    Column("error", Text),
    Column("decision", Text, comment="the variant that produced the rendition: copy, encode, ..."),
    Column("flags", ARRAY(Text), nullable=False, server_default=text("'{}'"), comment="why each stream was encoded"),
    Column(
        "notes",
        JSONB(none_as_null=True),
        comment="what of a project is not drawn exactly, in the order of its time; null where there is nothing to tell",
    ),
    Column("verification", Text),
    Column("salvaged_ratio", REAL, comment="of a salvaged rendition: readable seconds of declared seconds"),
    Column("output_bucket", Text),
    Column("output_key", Text),
    Column("output_size", BigInteger),
    Column("output_sha256", Text),
    Column("duration", REAL, comment="seconds"),
    Column("width", Integer),
    Column("height", Integer),
    Column("video_codec", Text),
    Column("audio_codec", Text),
    Column("stage_seconds", JSONB, nullable=False, server_default=text("'{}'"), comment="seconds by stage"),
    Column("cpu_seconds", REAL, comment="of ffmpeg and ffprobe; null where nobody measured it"),
    Column("bytes_in", BigInteger, comment="the source's size"),
    Column("bytes_out", BigInteger, comment="the rendition's size"),
    Column(
        "request_key",
        Text,
        comment="what was asked for, as a checksum: the newest task with it is the one that counts",
    ),
    Column("child_id", BigInteger, comment="the task that goes on with what this one brought"),
    Column("delete_bucket", Text, comment="where `delete_key` is"),
    Column("delete_key", Text, comment="its rendition, which is still to be deleted; null once it is gone"),
    Column("created_at", Moment, nullable=False),
    now_by_default("finished_at"),
    CheckConstraint("outcome IN ('completed', 'cancelled', 'deleted')", name="media_process_history_outcome_is_known"),
    CheckConstraint(
        "(outcome = 'completed') = (output_key IS NOT NULL)"
        " AND (output_key IS NULL) = (output_sha256 IS NULL)"
        " AND (output_key IS NULL) = (output_size IS NULL)"
        " AND (output_key IS NULL) = (output_bucket IS NULL)"
        " AND (output_key IS NULL) = (verification IS NULL)"
        " AND (output_key IS NULL OR claim_token IS NOT NULL)",
        name="media_process_history_completed_names_its_rendition",
    ),
    CheckConstraint(
        "verification IN ('verified', 'salvaged')",
        name="media_process_history_verification_is_known",
    ),
    # What is to be deleted is named until it is gone, so that a pass that was interrupted is finished by the next one.
    CheckConstraint(
        "(delete_key IS NULL) = (delete_bucket IS NULL)",
        name="media_process_history_deletes_a_known_key",
    ),
    Index("media_process_history_delete_idx", "id", postgresql_where=text("delete_key IS NOT NULL")),
    Index("media_process_history_finished_at_idx", "finished_at"),
    Index(
        *("media_process_history_request_key_idx", "request_key", "id"),
        postgresql_where=text("request_key IS NOT NULL"),
    ),
    # Is this upload done already? Asked by every enqueue.
    Index("media_process_history_file_id_idx", "file_id", "profile"),
    # As of tasks that are not done: a page of a selection walks one of these.
    Index("media_process_history_created_at_idx", "created_at", "id"),
    Index(
        *("media_process_history_not_completed_idx", "created_at", "id"),
        postgresql_where=text("outcome <> 'completed'"),
    ),
    Index(
        *("media_process_history_error_class_idx", "error_class", "created_at", "id"),
        postgresql_where=text("error_class IS NOT NULL"),
    ),
    Index(
        *("media_process_history_profile_idx", "profile", "created_at", "id"),
        postgresql_where=text("profile <> 'mp4'"),
    ),
    Index(
        *("media_process_history_tenant_idx", "tenant", "created_at", "id"),
        postgresql_where=text("tenant <> ''"),
    ),
    # Was it us? Asked when the answer to a COMMIT was lost.
    Index("media_process_history_claim_token_idx", "claim_token", unique=True),
)

media_process_attempt = Table(
    "media_process_attempt",
    metadata,
    Column("claim_token", Uuid, primary_key=True),
    # No foreign keys: tasks leave media_process, and attempts outlive them.
    Column("task_id", BigInteger, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("executor_id", Uuid, nullable=False),
    Column("shard_index", Integer, nullable=False),
    Column("shard_total", Integer, nullable=False),
    now_by_default("started_at"),
    Column("finished_at", Moment),
    Column("outcome", Text, comment="null while it runs"),
    Column("error_class", Text),
    Column("error", Text),
    Column("log_tail", Text, comment="the last lines that ffmpeg wrote, escaped"),
    Column("output_bucket", Text),
    Column("output_key", Text, comment="where this claim would put its rendition"),
    Column("stage_seconds", JSONB, nullable=False, server_default=text("'{}'")),
    Column("cpu_seconds", REAL),
    Column("sweep_after", Moment, comment="when to remove what this claim may have uploaded; null once it won"),
    Column(
        "waits_since",
        Moment,
        comment="since when it waits for its first encode to begin; null before, and from then on",
    ),
    Column("threads", Integer, comment="of its latest encode; null while there was none"),
    CheckConstraint(
        "outcome IN ('completed', 'failed', 'rejected', 'released', 'cancelled', 'lost')",
        name="media_process_attempt_outcome_is_known",
    ),
    CheckConstraint(
        "(outcome IS NULL) = (finished_at IS NULL)",
        name="media_process_attempt_finished_with_an_outcome",
    ),
    Index("media_process_attempt_task_id_idx", "task_id", "attempt"),
    Index("media_process_attempt_started_at_idx", "started_at"),
    # Which tasks an executor had, for a selection.
    Index("media_process_attempt_executor_id_idx", "executor_id", "task_id"),
    CheckConstraint(
        "sweep_after IS NULL OR output_key IS NOT NULL",
        name="media_process_attempt_sweeps_a_known_key",
    ),
    # What an idle executor asks for: the attempts that wait for a slot.
    Index(
        "media_process_attempt_waits_idx",
        "waits_since",
        postgresql_where=text("waits_since IS NOT NULL AND outcome IS NULL"),
    ),
    # The retention of log tails: those that are still there, in the order of their age.
    Index(
        "media_process_attempt_log_tail_idx",
        "finished_at",
        postgresql_where=text("log_tail IS NOT NULL"),
    ),
    # The sweep: the few claims whose object may be there without having won.
    Index("media_process_attempt_sweep_idx", "sweep_after", postgresql_where=text("sweep_after IS NOT NULL")),
)
