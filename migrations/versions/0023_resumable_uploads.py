"""Uploads over HTTP that may be cut and go on."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "media_resumable_upload",
        sa.Column("id", sa.Text(), nullable=False, comment="random, 32 hex digits"),
        sa.Column("bucket", sa.Text(), nullable=False, comment="of its chunks"),
        sa.Column("size", sa.BigInteger(), comment="promised bytes; null: known at its end"),
        sa.Column(
            "received", sa.BigInteger(), server_default=sa.text("0"), nullable=False, comment="bytes, all of them kept"
        ),
        sa.Column("metadata", postgresql.JSONB(), nullable=False, comment="texts by name, as its client gave them"),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False, comment="who began it"),
        sa.Column("created_at", _MOMENT, server_default=sa.func.now(), nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("writer", sa.Uuid(), comment="the fence of whoever sends bytes or enqueues them"),
        sa.Column("writer_until", _MOMENT, comment="how long the writer's right is good without a renewal"),
        sa.Column("outcome", sa.Text(), comment="of its enqueue; null: not enqueued yet"),
        sa.Column("file_id", sa.Text(), comment="SHA-256 of its bytes"),
        sa.Column("task_ids", postgresql.ARRAY(sa.BigInteger()), comment="one for each profile"),
        sa.Column("error", sa.Text(), comment="why it was refused, or what it waits for"),
        sa.Column("error_class", sa.Text()),
        sa.Column("ended_at", _MOMENT, comment="since when nothing is left to do, its chunks removed"),
        sa.PrimaryKeyConstraint("id", name="media_resumable_upload_pkey"),
        sa.CheckConstraint("id ~ '^[0-9a-f]{32}$'", name="media_resumable_upload_id_is_ours"),
        sa.CheckConstraint("received >= 0 AND received <= size", name="media_resumable_upload_received_in_range"),
        sa.CheckConstraint("size > 0", name="media_resumable_upload_size_is_positive"),
        sa.CheckConstraint("(writer IS NULL) = (writer_until IS NULL)", name="media_resumable_upload_writer_is_held"),
        sa.CheckConstraint(
            "outcome IN ('enqueued', 'duplicate', 'refused')", name="media_resumable_upload_outcome_is_known"
        ),
        sa.CheckConstraint("ended_at IS NULL OR outcome IS NOT NULL", name="media_resumable_upload_ended_for_a_reason"),
    )
    op.create_index(
        "media_resumable_upload_unended_idx",
        "media_resumable_upload",
        ["created_at"],
        postgresql_where=sa.text("received = size AND ended_at IS NULL"),
    )
    op.create_index("media_resumable_upload_expires_at_idx", "media_resumable_upload", ["expires_at"])
    op.create_table(
        "media_upload_chunk",
        sa.Column("upload_id", sa.Text(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False, comment="its first byte"),
        sa.Column("writer", sa.Uuid(), nullable=False, comment="who put the object: its key is of this writer alone"),
        sa.Column("size", sa.BigInteger(), comment="null: not kept (yet)"),
        sa.PrimaryKeyConstraint("upload_id", "start", "writer", name="media_upload_chunk_pkey"),
        sa.ForeignKeyConstraint(["upload_id"], ["media_resumable_upload.id"], name="media_upload_chunk_upload_id_fkey"),
        sa.CheckConstraint("start >= 0 AND size > 0", name="media_upload_chunk_in_range"),
    )
    op.create_index(
        "media_upload_chunk_kept_idx",
        "media_upload_chunk",
        ["upload_id", "start"],
        unique=True,
        postgresql_where=sa.text("size IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("media_upload_chunk")
    op.drop_table("media_resumable_upload")
