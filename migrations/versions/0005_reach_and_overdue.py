"""Executors say what they can work on; what has been due the longest is found without a look at all that is due."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# As it was when this was written, whatever it becomes.
_CLAIMABLE = "(status = 'pending' OR (status = 'failed' AND fail_count < 3))"


def upgrade() -> None:
    op.create_index(
        "media_process_overdue_idx",
        "media_process",
        ["next_attempt_at", "id"],
        postgresql_where=sa.text(_CLAIMABLE),
    )
    op.add_column(
        "media_executor",
        sa.Column("bucket", sa.Text(), comment="its store's; null of versions that claim whatever is due"),
    )
    op.add_column(
        "media_executor",
        sa.Column("profiles", postgresql.ARRAY(sa.Text()), comment="those it knows; null as with the bucket"),
    )


def downgrade() -> None:
    op.drop_column("media_executor", "profiles")
    op.drop_column("media_executor", "bucket")
    op.drop_index("media_process_overdue_idx", table_name="media_process")
