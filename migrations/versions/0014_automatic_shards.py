"""Executors with automatic shard numbers: they claim by buckets of ids, and their rows hold the numbers of now."""

from collections.abc import Iterable
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_VIEWS = Path(__file__).parent.parent / "views"

# As it was when this was written, whatever it becomes.
_CLAIMABLE = "(status = 'pending' OR (status = 'failed' AND fail_count < 3))"

# The totals that get an index of their own are those of executors with fixed numbers. The function stays as it is but
# for the conditions of its two queries, whoever has changed its index since.
_OF_FIXED_NUMBERS = (
    ("WHERE shard_total > 1 AND NOT confined", "WHERE shard_total > 1 AND NOT shard_is_auto AND NOT confined"),
    (
        "WHERE heartbeat_at > now() - interval '1 day'",
        "WHERE NOT shard_is_auto AND heartbeat_at > now() - interval '1 day'",
    ),
)


def upgrade() -> None:
    op.create_index(
        "media_process_claim_bucket_idx",
        "media_process",
        [sa.text("(id % 128)"), sa.text("priority DESC"), "id", "next_attempt_at"],
        postgresql_where=sa.text(_CLAIMABLE),
    )
    op.add_column(
        "media_executor",
        sa.Column(
            "shard_is_auto",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="its shard follows from who lives; its numbers are those of now",
        ),
    )
    op.add_column(
        "media_executor",
        sa.Column(
            "found_dead_at",
            sa.DateTime(timezone=True),
            comment="when another executor saw that it is dead; null again once it gives a sign of life",
        ),
    )
    op.create_index(
        "media_executor_auto_idx",
        "media_executor",
        ["started_at", "id"],
        postgresql_where=sa.text("shard_is_auto AND state IN ('running', 'paused')"),
    )
    _change_function(_OF_FIXED_NUMBERS)
    _make_view("0014")


def downgrade() -> None:
    op.execute("DROP VIEW ops.executors")
    _change_function((after, before) for before, after in _OF_FIXED_NUMBERS)
    op.drop_index("media_executor_auto_idx", table_name="media_executor")
    op.drop_column("media_executor", "found_dead_at")
    op.drop_column("media_executor", "shard_is_auto")
    _make_view("0003")
    op.drop_index("media_process_claim_bucket_idx", table_name="media_process")


def _change_function(replacements: Iterable[tuple[str, str]]) -> None:
    connection = op.get_bind()
    made = connection.scalar(
        sa.text("SELECT pg_get_functiondef(CAST('media_process_index_totals(bigint)' AS regprocedure))")
    )
    for before, after in replacements:
        if before not in made:
            raise LookupError(f"media_process_index_totals has no {before!r} any more.")
        made = made.replace(before, after)
    connection.exec_driver_sql(made, execution_options={"no_parameters": True})


def _make_view(of_revision: str) -> None:
    sql = (_VIEWS / of_revision / "executors.sql").read_text(encoding="utf-8")
    # As it is: a colon in it is SQL's own, and no parameter of ours.
    op.get_bind().exec_driver_sql(sql)
