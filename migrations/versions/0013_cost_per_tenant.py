"""What each tenant's uploads cost, by day, as the tasks' rows in history tell it."""

from pathlib import Path

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    sql = (Path(__file__).parent.parent / "views" / revision / "cost_per_tenant.sql").read_text(encoding="utf-8")
    # As it is: a colon in it is SQL's own, and no parameter of ours.
    op.get_bind().exec_driver_sql(sql)


def downgrade() -> None:
    op.execute("DROP VIEW ops.cost_per_tenant")
