"""Claims can be paused, and schedules changed, while executors run."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def _moment(name: str, comment: str | None = None) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), comment=comment)


def _now_by_default(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "media_pause",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False, comment="what is paused, as the other columns say it"),
        sa.Column("profile", sa.Text()),
        sa.Column("shard_index", sa.Integer()),
        sa.Column("shard_total", sa.Integer()),
        sa.Column("executor_id", sa.Uuid()),
        _moment("until", "null: until a person resumes it"),
        sa.Column("because", sa.Text(), comment="the reason that was given, if any"),
        sa.Column("actor", sa.Text(), nullable=False),
        _now_by_default("created_at"),
        sa.PrimaryKeyConstraint("id", name="media_pause_pkey"),
        sa.UniqueConstraint("scope", name="media_pause_scope_key"),
        sa.CheckConstraint(
            "scope = CASE WHEN profile IS NOT NULL THEN 'profile ' || profile"
            " WHEN shard_total IS NOT NULL THEN 'shard ' || shard_index || '/' || shard_total"
            " WHEN executor_id IS NOT NULL THEN 'executor ' || executor_id::text"
            " ELSE 'everything' END",
            name="media_pause_scope_is_what_the_columns_say",
        ),
        sa.CheckConstraint("num_nonnulls(profile, shard_total, executor_id) <= 1", name="media_pause_has_one_scope"),
        sa.CheckConstraint(
            "(shard_index IS NULL) = (shard_total IS NULL) AND (shard_index IS NULL OR shard_index >= 0"
            " AND shard_index < shard_total)",
            name="media_pause_shard_is_valid",
        ),
        sa.CheckConstraint("until > created_at", name="media_pause_ends_later"),
    )
    op.create_table(
        "media_schedule",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("cron", sa.Text(), comment="null: as the settings have it"),
        sa.Column("changed_by", sa.Text(), comment="who set the cron"),
        sa.Column("paused", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("paused_by", sa.Text()),
        _moment("requested_at", "when a person asked for a run at once"),
        _moment("next_fire_at", "of those that run once for the site"),
        sa.Column("run_token", sa.Uuid(), comment="the fence of the run that is under way"),
        _moment("held_until", "how long the run's right is good without a renewal"),
        _moment("last_started_at"),
        _moment("last_ended_at"),
        sa.Column("last_outcome", sa.Text(), comment="a sentence"),
        _now_by_default("updated_at"),
        sa.PrimaryKeyConstraint("name", name="media_schedule_pkey"),
        sa.CheckConstraint("(run_token IS NULL) = (held_until IS NULL)", name="media_schedule_run_is_held"),
        sa.CheckConstraint("(paused_by IS NULL) = (NOT paused)", name="media_schedule_paused_by_somebody"),
    )


def downgrade() -> None:
    op.drop_table("media_schedule")
    op.drop_table("media_pause")
