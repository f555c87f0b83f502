"""What has been due the longest is found without a look at everything else that is due."""

import sqlalchemy as sa
from alembic import op

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


def downgrade() -> None:
    op.drop_index("media_process_overdue_idx", table_name="media_process")
