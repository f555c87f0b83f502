"""The views for ops, in the schema ops: each answers one question, which is its comment."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_VIEWS = ("backlog", "working", "waiting_for_a_person", "done_per_hour", "stage_times", "executors")


def upgrade() -> None:
    op.execute("CREATE SCHEMA IF NOT EXISTS ops")
    for name in _VIEWS:
        sql = (Path(__file__).parent.parent / "views" / revision / f"{name}.sql").read_text(encoding="utf-8")
        # As it is: a colon in it is SQL's own, and no parameter of ours.
        op.get_bind().exec_driver_sql(sql)


def downgrade() -> None:
    for name in reversed(_VIEWS):
        op.execute(f"DROP VIEW ops.{name}")
    op.execute("DROP SCHEMA IF EXISTS ops")
