"""The tables of uploads over HTTP that may be cut and go on: how far each has come, and the chunks kept of it."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from mediaproc.db.schema.conventions import Moment, metadata, now_by_default

# All its bytes are there, and what follows is not done yet. Statements repeat it as it is, for the partial index.
IS_UNENDED = "received = size AND ended_at IS NULL"

media_resumable_upload = Table(
    "media_resumable_upload",
    metadata,
    Column("id", Text, primary_key=True, comment="random, 32 hex digits"),
    Column("bucket", Text, nullable=False, comment="of its chunks"),
    Column("size", BigInteger, comment="promised bytes; null: known at its end"),
    Column("received", BigInteger, nullable=False, server_default=text("0"), comment="bytes, all of them kept"),
    Column("metadata", JSONB, nullable=False, comment="texts by name, as its client gave them"),
    Column("tenant", Text, nullable=False),
    Column("actor", Text, nullable=False, comment="who began it"),
    now_by_default("created_at"),
    Column("expires_at", Moment, nullable=False),
    Column("writer", Uuid, comment="the fence of whoever sends bytes or enqueues them"),
    Column("writer_until", Moment, comment="how long the writer's right is good without a renewal"),
    Column("outcome", Text, comment="of its enqueue; null: not enqueued yet"),
    Column("file_id", Text, comment="SHA-256 of its bytes"),
    Column("task_ids", ARRAY(BigInteger), comment="one for each profile"),
    Column("error", Text, comment="why it was refused, or what it waits for"),
    Column("error_class", Text),
    Column("ended_at", Moment, comment="since when nothing is left to do, its chunks removed"),
    CheckConstraint("id ~ '^[0-9a-f]{32}$'", name="media_resumable_upload_id_is_ours"),
    CheckConstraint("received >= 0 AND received <= size", name="media_resumable_upload_received_in_range"),
    CheckConstraint("size > 0", name="media_resumable_upload_size_is_positive"),
    CheckConstraint("(writer IS NULL) = (writer_until IS NULL)", name="media_resumable_upload_writer_is_held"),
    CheckConstraint("outcome IN ('enqueued', 'duplicate', 'refused')", name="media_resumable_upload_outcome_is_known"),
    CheckConstraint("ended_at IS NULL OR outcome IS NOT NULL", name="media_resumable_upload_ended_for_a_reason"),
    Index("media_resumable_upload_unended_idx", "created_at", postgresql_where=text(IS_UNENDED)),
    # For the sweep.
    Index("media_resumable_upload_expires_at_idx", "expires_at"),
)

# A row is there before its object, so that no object is without a row that names it.
media_upload_chunk = Table(
    "media_upload_chunk",
    metadata,
    Column("upload_id", Text, ForeignKey("media_resumable_upload.id"), primary_key=True),
    Column("start", BigInteger, primary_key=True, comment="its first byte"),
    Column("writer", Uuid, primary_key=True, comment="who put the object: its key is of this writer alone"),
    Column("size", BigInteger, comment="null: not kept (yet)"),
    Column("parts_name", Text, comment="the store's name of an upload in parts, which a client sends there itself"),
    CheckConstraint("start >= 0 AND size > 0", name="media_upload_chunk_in_range"),
    Index(
        "media_upload_chunk_kept_idx",
        "upload_id",
        "start",
        unique=True,
        postgresql_where=text("size IS NOT NULL"),
    ),
)
