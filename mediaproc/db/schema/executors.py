"""The table of executors, a row for each process start."""

from sqlalchemy import REAL, Boolean, CheckConstraint, Column, Index, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY

from mediaproc.db.schema.conventions import Moment, metadata, now_by_default

# Executors with automatic shard numbers that may claim.
AUTOMATIC = "shard_is_auto AND state IN ('running', 'paused')"

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
    Column(
        "shard_is_auto",
        Boolean,
        nullable=False,
        server_default=text("false"),
        comment="its shard follows from who lives; its numbers are those of now",
    ),
    now_by_default("started_at"),
    now_by_default("heartbeat_at"),
    Column(
        "found_dead_at",
        Moment,
        comment="when another executor saw that it is dead; null again once it gives a sign of life",
    ),
    CheckConstraint(
        "state IN ('running', 'paused', 'draining', 'stopped')",
        name="media_executor_state_is_known",
    ),
    CheckConstraint(
        "shard_total > 0 AND shard_index >= 0 AND shard_index < shard_total",
        name="media_executor_shard_is_valid",
    ),
    Index("media_executor_heartbeat_at_idx", "heartbeat_at"),
    # Whose shards are counted, in the order in which they are.
    Index("media_executor_auto_idx", "started_at", "id", postgresql_where=text(AUTOMATIC)),
)
