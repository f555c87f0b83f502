"""The hot table: a row for each task that is not done yet."""

from sqlalchemy import (
    REAL,
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from mediaproc.core.lifecycle import Status
from mediaproc.core.shard import BUCKETS
from mediaproc.db.schema.conditions import CLAIMABLE, HAS_FAILED, IS_PROCESSING, WAITS_FOR_A_PERSON
from mediaproc.db.schema.conventions import Moment, metadata, now_by_default

# The order of `mediaproc.db.tasks.claim_order`, and what passes over the tasks in backoff.
_CLAIM_KEY = ("position", "id", "next_attempt_at")

media_process = Table(
    "media_process",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("file_id", Text, ForeignKey("media_files.id"), nullable=False),
    Column("profile", Text, nullable=False),
    Column("filename", Text, nullable=False),
    Column("bucket", Text, nullable=False),
    Column("object_key", Text, nullable=False),
    Column("status", Text, nullable=False, server_default=text(f"'{Status.PENDING}'")),
    Column("priority", Integer, nullable=False, server_default=text("0")),
    Column("fail_count", Integer, nullable=False, server_default=text("0")),
    now_by_default("next_attempt_at"),
    Column("attempt", Integer, nullable=False, server_default=text("0")),
    Column(
        "retried_after",
        Integer,
        nullable=False,
        server_default=text("0"),
        comment="the last attempt before a person's retry: releases count from the one after it",
    ),
    Column(
        "tenant",
        Text,
        nullable=False,
        server_default=text("''"),
        comment="whose upload it was; empty: nobody's in particular, which is a tenant like any other",
    ),
    Column(
        "position",
        Double,
        nullable=False,
        # Of clients that know of no position: a trigger puts a real one in its place.
        server_default=text("'-Infinity'"),
        comment="the least one is claimed next: see mediaproc.core.position",
    ),
    Column(
        "expected_cost",
        REAL,
        nullable=False,
        server_default=text("1"),
        comment="seconds of one slot's work, as expected at the enqueue",
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
    Column(
        "request_key",
        Text,
        comment="what was asked for, as a checksum: the newest task with it is the one that counts",
    ),
    now_by_default("created_at"),
    now_by_default("updated_at"),
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
    # NaN is larger than infinity.
    CheckConstraint("position > '-Infinity' AND position < 'Infinity'", name="media_process_position_is_finite"),
    CheckConstraint("expected_cost > 0 AND expected_cost < 'Infinity'", name="media_process_expected_cost_is_finite"),
    CheckConstraint("progress BETWEEN 0 AND 1", name="media_process_progress_is_fraction"),
    # A person must be able to read why: no failure without its class and sentence.
    CheckConstraint(
        "status NOT IN ('failed', 'rejected') OR (error_class IS NOT NULL AND error IS NOT NULL)",
        name="media_process_failure_has_a_reason",
    ),
    # The claim walks this in its order and stops at the limit. next_attempt_at is in the key, not only in the row, so
    # that tasks in backoff are passed over without a visit to the table. It serves any shard total at once, at the cost
    # of a walk over the tasks of other shards. Each total that living executors use has a further index that begins
    # with `id % total`: see `mediaproc.db.tasks.shard_indexes`.
    Index("media_process_claim_idx", *_CLAIM_KEY, postgresql_where=text(CLAIMABLE)),
    # The same within each bucket, for executors with automatic numbers: a shard of any total is some of the buckets.
    Index("media_process_claim_bucket_idx", text(f"(id % {BUCKETS})"), *_CLAIM_KEY, postgresql_where=text(CLAIMABLE)),
    # What has been due the longest, whatever its shard and position: how old the backlog is, and whether a look at what
    # others left is worth it.
    Index("media_process_overdue_idx", "next_attempt_at", "id", postgresql_where=text(CLAIMABLE)),
    # What compensation, status and an executor's own clean-up look at: never more rows than there are slots.
    # lease_expires_at and progress are in no index, so that a heartbeat is a HOT update.
    Index("media_process_processing_idx", "claimed_by", postgresql_where=text(IS_PROCESSING)),
    # What waits for a person, for status and the ops views.
    Index(
        "media_process_waiting_idx",
        "updated_at",
        postgresql_where=text(WAITS_FOR_A_PERSON),
    ),
    # A page of a selection walks one of these in its order and stops at the page's end; the rare ones among their rows
    # are in an index of their own. The common ones are left out of those, so that most tasks are in the first only.
    Index("media_process_created_at_idx", "created_at", "id"),
    Index("media_process_failed_idx", "created_at", "id", postgresql_where=text(HAS_FAILED)),
    Index(
        *("media_process_error_class_idx", "error_class", "created_at", "id"),
        postgresql_where=text("error_class IS NOT NULL"),
    ),
    Index("media_process_profile_idx", "profile", "created_at", "id", postgresql_where=text("profile <> 'mp4'")),
    Index(*("media_process_request_key_idx", "request_key", "id"), postgresql_where=text("request_key IS NOT NULL")),
    Index("media_process_tenant_idx", "tenant", "created_at", "id", postgresql_where=text("tenant <> ''")),
    # Room for HOT updates on each page; vacuumed early, since a queue's table is all churn.
    postgresql_with={"fillfactor": "70", "autovacuum_vacuum_scale_factor": "0.02"},
)

# Of claims, not of tasks: a new claim of the same task is another executor's, and is notified of.
media_watch = Table(
    "media_watch",
    metadata,
    Column("claim_token", Uuid, primary_key=True, comment="a claim that somebody looks at"),
    Column("watched_until", Moment, nullable=False),
)
