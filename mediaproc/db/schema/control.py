"""The tables by which a person steers the site: what is paused, and what was changed of the schedules."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Identity, Integer, Table, Text, Uuid, text

from mediaproc.db.schema.conventions import Moment, metadata, now_by_default

media_pause = Table(
    "media_pause",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("scope", Text, nullable=False, unique=True, comment="what is paused, as the other columns say it"),
    Column("profile", Text),
    Column("shard_index", Integer),
    Column("shard_total", Integer),
    Column("executor_id", Uuid),
    Column("until", Moment, comment="null: until a person resumes it"),
    Column("because", Text, comment="the reason that was given, if any"),
    Column("actor", Text, nullable=False),
    now_by_default("created_at"),
    # One row for each scope: to pause again changes the end and the reason.
    CheckConstraint(
        "scope = CASE WHEN profile IS NOT NULL THEN 'profile ' || profile"
        " WHEN shard_total IS NOT NULL THEN 'shard ' || shard_index || '/' || shard_total"
        " WHEN executor_id IS NOT NULL THEN 'executor ' || executor_id::text"
        " ELSE 'everything' END",
        name="media_pause_scope_is_what_the_columns_say",
    ),
    CheckConstraint(
        "num_nonnulls(profile, shard_total, executor_id) <= 1",
        name="media_pause_has_one_scope",
    ),
    CheckConstraint(
        "(shard_index IS NULL) = (shard_total IS NULL) AND (shard_index IS NULL OR shard_index >= 0"
        " AND shard_index < shard_total)",
        name="media_pause_shard_is_valid",
    ),
    CheckConstraint("until > created_at", name="media_pause_ends_later"),
)

media_schedule = Table(
    "media_schedule",
    metadata,
    Column("name", Text, primary_key=True),
    Column("cron", Text, comment="null: as the settings have it"),
    Column("changed_by", Text, comment="who set the cron"),
    Column("paused", Boolean, nullable=False, server_default=text("false")),
    Column("paused_by", Text),
    Column("requested_at", Moment, comment="when a person asked for a run at once"),
    Column("next_fire_at", Moment, comment="of those that run once for the site"),
    Column("run_token", Uuid, comment="the fence of the run that is under way"),
    Column("held_until", Moment, comment="how long the run's right is good without a renewal"),
    Column("last_started_at", Moment),
    Column("last_ended_at", Moment),
    Column("last_outcome", Text, comment="a sentence"),
    now_by_default("updated_at"),
    CheckConstraint("(run_token IS NULL) = (held_until IS NULL)", name="media_schedule_run_is_held"),
    CheckConstraint("(paused_by IS NULL) = (NOT paused)", name="media_schedule_paused_by_somebody"),
)
