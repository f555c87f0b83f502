"""The tables, as SQLAlchemy Core describes them; `alembic check` keeps them and the migrations in step."""

from sqlalchemy import (
    REAL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "ck": "%(constraint_name)s",
    }
)

Moment = DateTime(timezone=True)


def _now(name: str) -> Column[object]:
    return Column(name, Moment, nullable=False, server_default=func.now())


media_files = Table(
    "media_files",
    metadata,
    Column("id", Text, primary_key=True, comment="SHA-256 of the bytes, 64 hex digits"),
    Column("filename", Text, nullable=False),
    Column("bucket", Text, nullable=False),
    Column("object_key", Text, nullable=False),
    Column("mime_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("url", Text, comment="where the playable rendition is, once there is one"),
    Column("status", Text, nullable=False),
    _now("created_at"),
    _now("updated_at"),
    CheckConstraint("id ~ '^[0-9a-f]{64}$'", name="media_files_id_is_sha256"),
    CheckConstraint("size > 0", name="media_files_size_is_positive"),
    CheckConstraint("status IN ('uploading', 'stored')", name="media_files_status_is_known"),
    # The sweep of uploads that never ended reads only these few.
    Index("media_files_uploading_idx", "updated_at", postgresql_where=text("status = 'uploading'")),
)

# What may be claimed once it is due. The statuses and the 3 are literals, in the index and in the claim alike:
# as parameters the planner could not prove that the index applies under a generic plan.
CLAIMABLE = "(status = 'pending' OR (status = 'failed' AND fail_count < 3))"

media_process = Table(
    "media_process",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("file_id", Text, ForeignKey("media_files.id"), nullable=False),
    Column("profile", Text, nullable=False),
    Column("filename", Text, nullable=False),
    Column("bucket", Text, nullable=False),
    Column("object_key", Text, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'pending'")),
    Column("priority", Integer, nullable=False, server_default=text("0")),
    Column("fail_count", Integer, nullable=False, server_default=text("0")),
    _now("next_attempt_at"),
    Column("attempt", Integer, nullable=False, server_default=text("0")),
    Column(
        "retried_after",
        Integer,
        nullable=False,
        server_default=text("0"),
        comment="the last attempt before a person's retry: releases count from the one after it",
    ),
    Column("claim_token", Uuid),
    Column("claimed_by", Uuid),
    Column("claimed_at", Moment),
    Column("lease_expires_at", Moment),
    Column("progress", REAL, comment="0 to 1; null while nothing is known"),
    Column("error_class", Text),
    Column("error", Text, comment="one sentence"),
    Column(
        "needs_decoders",
        ARRAY(Text),
        comment="what its source needs, as the node found that lacked it; null while nobody did",
    ),
    _now("created_at"),
    _now("updated_at"),
    UniqueConstraint("file_id", "profile"),
    CheckConstraint(
        "status IN ('pending', 'processing', 'failed', 'rejected')",
        name="media_process_status_is_known",
    ),
    # A claim is all or nothing: a row in processing without a token could be neither settled nor compensated.
    CheckConstraint(
        "(status = 'processing') = (claim_token IS NOT NULL)"
        " AND (claim_token IS NULL) = (claimed_by IS NULL)"
        " AND (claim_token IS NULL) = (claimed_at IS NULL)"
        " AND (claim_token IS NULL) = (lease_expires_at IS NULL)",
        name="media_process_claimed_exactly_while_processing",
    ),
    CheckConstraint("fail_count >= 0", name="media_process_fail_count_not_negative"),
    CheckConstraint("attempt >= 0", name="media_process_attempt_not_negative"),
    CheckConstraint("priority BETWEEN -1000 AND 1000", name="media_process_priority_in_range"),
    CheckConstraint("progress BETWEEN 0 AND 1", name="media_process_progress_is_fraction"),
    # A person must be able to read why: no failure without its class and sentence.
    CheckConstraint(
        "status NOT IN ('failed', 'rejected') OR (error_class IS NOT NULL AND error IS NOT NULL)",
        name="media_process_failure_has_a_reason",
    ),
    # The claim walks this in its order and stops at the limit. next_attempt_at is in the key, not only in the row, so
    # that tasks in backoff are passed over without a visit to the table.
    Index(
        "media_process_claim_idx",
        text("priority DESC"),
        "id",
        "next_attempt_at",
        postgresql_where=text(CLAIMABLE),
    ),
    # What has been due the longest, whatever its shard and priority: one slot of each tick asks for it.
    Index("media_process_overdue_idx", "next_attempt_at", "id", postgresql_where=text(CLAIMABLE)),
    # What compensation, status and an executor's own clean-up look at: never more rows than there are slots.
    # lease_expires_at and progress are in no index, so that a heartbeat is a HOT update.
    Index("media_process_processing_idx", "claimed_by", postgresql_where=text("status = 'processing'")),
    # What waits for a person, for status and the ops views.
    Index(
        "media_process_waiting_idx",
        "updated_at",
        postgresql_where=text("status = 'rejected' OR (status = 'failed' AND fail_count >= 3)"),
    ),
    # Room for HOT updates on each page; vacuumed early, since a queue's table is all churn.
    postgresql_with={"fillfactor": "70", "autovacuum_vacuum_scale_factor": "0.02"},
)

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
    Column("claim_token", Uuid),
    Column("claimed_by", Uuid),
    Column("claimed_at", Moment),
    Column("error_class", Text),
    Column("error", Text),
    Column("decision", Text, comment="the variant that produced the rendition: copy, encode, ..."),
    Column("flags", ARRAY(Text), nullable=False, server_default=text("'{}'"), comment="why each stream was encoded"),
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
    Column("created_at", Moment, nullable=False),
    _now("finished_at"),
    CheckConstraint("outcome IN ('completed', 'cancelled')", name="media_process_history_outcome_is_known"),
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
    Index("media_process_history_finished_at_idx", "finished_at"),
    # Is this upload done already? Asked by every enqueue.
    Index("media_process_history_file_id_idx", "file_id", "profile"),
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
    _now("started_at"),
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
    CheckConstraint(
        "sweep_after IS NULL OR output_key IS NOT NULL",
        name="media_process_attempt_sweeps_a_known_key",
    ),
    # The sweep: the few claims whose object may be there without having won.
    Index("media_process_attempt_sweep_idx", "sweep_after", postgresql_where=text("sweep_after IS NOT NULL")),
)

media_executor = Table(
    "media_executor",
    metadata,
    Column("id", Uuid, primary_key=True, comment="new with every process start"),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("shard_index", Integer, nullable=False),
    Column("shard_total", Integer, nullable=False),
    Column("slots", Integer, nullable=False),
    Column("busy", Integer, nullable=False, server_default=text("0")),
    Column("state", Text, nullable=False),
    Column("paused_for", Text, comment="the sentence that says why it claims nothing; null while it does"),
    Column("sandbox", Text, comment="what confines its ffmpeg"),
    Column("lease", REAL, nullable=False, comment="seconds that its claims are good without a renewal"),
    Column("version", Text, nullable=False),
    Column(
        "confined",
        Boolean,
        nullable=False,
        server_default=text("false"),
        comment="takes nothing but its own tasks, so that its shard means nothing",
    ),
    Column("bucket", Text, comment="its store's; null of versions that claim whatever is due"),
    Column("profiles", ARRAY(Text), comment="those it knows; null as with the bucket"),
    Column("lacking_decoders", ARRAY(Text), comment="of those that a whole ffmpeg has; null of earlier versions"),
    _now("started_at"),
    _now("heartbeat_at"),
    CheckConstraint(
        "state IN ('running', 'paused', 'draining', 'stopped')",
        name="media_executor_state_is_known",
    ),
    CheckConstraint(
        "shard_total > 0 AND shard_index >= 0 AND shard_index < shard_total",
        name="media_executor_shard_is_valid",
    ),
    Index("media_executor_heartbeat_at_idx", "heartbeat_at"),
)
