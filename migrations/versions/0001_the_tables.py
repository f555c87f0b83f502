"""The tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "media_executor",
        sa.Column("id", sa.Uuid(), nullable=False, comment="new with every process start"),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("shard_index", sa.Integer(), nullable=False),
        sa.Column("shard_total", sa.Integer(), nullable=False),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("busy", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "paused_for",
            sa.Text(),
            nullable=True,
            comment="the sentence that says why it claims nothing; null while it does",
        ),
        sa.Column("sandbox", sa.Text(), nullable=True, comment="what confines its ffmpeg"),
        sa.Column("lease", sa.REAL(), nullable=False, comment="seconds that its claims are good without a renewal"),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state IN ('running', 'paused', 'draining', 'stopped')", name="media_executor_state_is_known"
        ),
        sa.CheckConstraint(
            "shard_total > 0 AND shard_index >= 0 AND shard_index < shard_total", name="media_executor_shard_is_valid"
        ),
        sa.PrimaryKeyConstraint("id", name="media_executor_pkey"),
    )
    op.create_index("media_executor_heartbeat_at_idx", "media_executor", ["heartbeat_at"], unique=False)
    op.create_table(
        "media_files",
        sa.Column("id", sa.Text(), nullable=False, comment="SHA-256 of the bytes, 64 hex digits"),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("mime_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True, comment="where the playable rendition is, once there is one"),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("id ~ '^[0-9a-f]{64}$'", name="media_files_id_is_sha256"),
        sa.CheckConstraint("status IN ('uploading', 'stored')", name="media_files_status_is_known"),
        sa.CheckConstraint("size > 0", name="media_files_size_is_positive"),
        sa.PrimaryKeyConstraint("id", name="media_files_pkey"),
    )
    op.create_index(
        "media_files_uploading_idx",
        "media_files",
        ["updated_at"],
        unique=False,
        postgresql_where=sa.text("status = 'uploading'"),
    )
    op.create_table(
        "media_process_attempt",
        sa.Column("claim_token", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("executor_id", sa.Uuid(), nullable=False),
        sa.Column("shard_index", sa.Integer(), nullable=False),
        sa.Column("shard_total", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True, comment="null while it runs"),
        sa.Column("error_class", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("log_tail", sa.Text(), nullable=True, comment="the last lines that ffmpeg wrote, escaped"),
        sa.Column("output_bucket", sa.Text(), nullable=True),
        sa.Column("output_key", sa.Text(), nullable=True, comment="where this claim would put its rendition"),
        sa.Column(
            "stage_seconds", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("cpu_seconds", sa.REAL(), nullable=True),
        sa.Column(
            "sweep_after",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when to remove what this claim may have uploaded; null once it won",
        ),
        sa.CheckConstraint(
            "outcome IN ('completed', 'failed', 'rejected', 'released', 'cancelled', 'lost')",
            name="media_process_attempt_outcome_is_known",
        ),
        sa.CheckConstraint(
            "(outcome IS NULL) = (finished_at IS NULL)", name="media_process_attempt_finished_with_an_outcome"
        ),
        sa.CheckConstraint(
            "sweep_after IS NULL OR output_key IS NOT NULL", name="media_process_attempt_sweeps_a_known_key"
        ),
        sa.PrimaryKeyConstraint("claim_token", name="media_process_attempt_pkey"),
    )
    op.create_index("media_process_attempt_started_at_idx", "media_process_attempt", ["started_at"], unique=False)
    op.create_index(
        "media_process_attempt_sweep_idx",
        "media_process_attempt",
        ["sweep_after"],
        unique=False,
        postgresql_where=sa.text("sweep_after IS NOT NULL"),
    )
    op.create_index("media_process_attempt_task_id_idx", "media_process_attempt", ["task_id", "attempt"], unique=False)
    op.create_table(
        "media_process_history",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False, comment="the task's id"),
        sa.Column("file_id", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("fail_count", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("claim_token", sa.Uuid(), nullable=True),
        sa.Column("claimed_by", sa.Uuid(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_class", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column(
            "decision", sa.Text(), nullable=True, comment="the variant that produced the rendition: copy, encode, ..."
        ),
        sa.Column(
            "flags",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="why each stream was encoded",
        ),
        sa.Column("verification", sa.Text(), nullable=True),
        sa.Column(
            "salvaged_ratio",
            sa.REAL(),
            nullable=True,
            comment="of a salvaged rendition: readable seconds of declared seconds",
        ),
        sa.Column("output_bucket", sa.Text(), nullable=True),
        sa.Column("output_key", sa.Text(), nullable=True),
        sa.Column("output_size", sa.BigInteger(), nullable=True),
        sa.Column("output_sha256", sa.Text(), nullable=True),
        sa.Column("duration", sa.REAL(), nullable=True, comment="seconds"),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("video_codec", sa.Text(), nullable=True),
        sa.Column("audio_codec", sa.Text(), nullable=True),
        sa.Column(
            "stage_seconds",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="seconds by stage",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(outcome = 'completed') = (output_key IS NOT NULL) AND (output_key IS NULL) = (output_sha256 IS NULL) AND (output_key IS NULL) = (output_size IS NULL) AND (output_key IS NULL) = (output_bucket IS NULL) AND (output_key IS NULL) = (verification IS NULL) AND (output_key IS NULL OR claim_token IS NOT NULL)",
            name="media_process_history_completed_names_its_rendition",
        ),
        sa.CheckConstraint("outcome IN ('completed', 'cancelled')", name="media_process_history_outcome_is_known"),
        sa.CheckConstraint(
            "verification IN ('verified', 'salvaged')", name="media_process_history_verification_is_known"
        ),
        sa.PrimaryKeyConstraint("id", name="media_process_history_pkey"),
    )
    op.create_index("media_process_history_claim_token_idx", "media_process_history", ["claim_token"], unique=True)
    op.create_index("media_process_history_file_id_idx", "media_process_history", ["file_id", "profile"], unique=False)
    op.create_index("media_process_history_finished_at_idx", "media_process_history", ["finished_at"], unique=False)
    op.create_table(
        "media_process",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("file_id", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("priority", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("fail_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("claim_token", sa.Uuid(), nullable=True),
        sa.Column("claimed_by", sa.Uuid(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("progress", sa.REAL(), nullable=True, comment="0 to 1; null while nothing is known"),
        sa.Column("error_class", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True, comment="one sentence"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(status = 'processing') = (claim_token IS NOT NULL) AND (claim_token IS NULL) = (claimed_by IS NULL) AND (claim_token IS NULL) = (claimed_at IS NULL) AND (claim_token IS NULL) = (lease_expires_at IS NULL)",
            name="media_process_claimed_exactly_while_processing",
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'processing', 'failed', 'rejected')", name="media_process_status_is_known"
        ),
        sa.CheckConstraint(
            "status NOT IN ('failed', 'rejected') OR (error_class IS NOT NULL AND error IS NOT NULL)",
            name="media_process_failure_has_a_reason",
        ),
        sa.CheckConstraint("attempt >= 0", name="media_process_attempt_not_negative"),
        sa.CheckConstraint("fail_count >= 0", name="media_process_fail_count_not_negative"),
        sa.CheckConstraint("priority BETWEEN -1000 AND 1000", name="media_process_priority_in_range"),
        sa.CheckConstraint("progress BETWEEN 0 AND 1", name="media_process_progress_is_fraction"),
        sa.ForeignKeyConstraint(["file_id"], ["media_files.id"], name="media_process_file_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="media_process_pkey"),
        sa.UniqueConstraint("file_id", "profile", name="media_process_file_id_profile_key"),
        postgresql_with={"fillfactor": "70", "autovacuum_vacuum_scale_factor": "0.02"},
    )
    op.create_index(
        "media_process_claim_idx",
        "media_process",
        [sa.text("priority DESC"), "id", "next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("(status = 'pending' OR (status = 'failed' AND fail_count < 3))"),
    )
    op.create_index(
        "media_process_processing_idx",
        "media_process",
        ["claimed_by"],
        unique=False,
        postgresql_where=sa.text("status = 'processing'"),
    )
    op.create_index(
        "media_process_waiting_idx",
        "media_process",
        ["updated_at"],
        unique=False,
        postgresql_where=sa.text("status = 'rejected' OR (status = 'failed' AND fail_count >= 3)"),
    )


def downgrade() -> None:
    op.drop_table("media_process")
    op.drop_table("media_process_history")
    op.drop_table("media_process_attempt")
    op.drop_table("media_files")
    op.drop_table("media_executor")
