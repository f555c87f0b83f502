"""The facts that enqueue finds about a file's bytes are kept with it, so that an attempt need not probe them again."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "media_files",
        sa.Column(
            "probe", sa.LargeBinary(), comment="a record of the facts about its bytes; null: they are probed again"
        ),
    )
    op.create_check_constraint("media_files_probe_is_short", "media_files", "octet_length(probe) <= 1048576")


def downgrade() -> None:
    op.drop_constraint("media_files_probe_is_short", "media_files")
    op.drop_column("media_files", "probe")
