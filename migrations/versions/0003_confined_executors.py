"""Executors that take nothing but their own tasks, such as those of `mediaproc transcode`, say so."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_VIEWS = Path(__file__).parent.parent / "views"


def upgrade() -> None:
    op.add_column(
        "media_executor",
        sa.Column(
            "confined",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="takes nothing but its own tasks, so that its shard means nothing",
        ),
    )
    _make_view("0003")


def downgrade() -> None:
    op.execute("DROP VIEW ops.executors")
    op.drop_column("media_executor", "confined")
    _make_view("0002")


def _make_view(of_revision: str) -> None:
    sql = (_VIEWS / of_revision / "executors.sql").read_text(encoding="utf-8")
    # As it is: a colon in it is SQL's own, and no parameter of ours.
    op.get_bind().exec_driver_sql(sql)
