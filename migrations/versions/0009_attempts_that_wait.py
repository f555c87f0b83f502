"""Which attempts only wait, so that the death of their executor is no strike, and with how many threads one encodes."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "media_process_attempt",
        sa.Column(
            "waits_since",
            sa.DateTime(timezone=True),
            comment="since when it waits for its first encode to begin; null before, and from then on",
        ),
    )
    op.add_column(
        "media_process_attempt",
        sa.Column("threads", sa.Integer(), comment="of its latest encode; null while there was none"),
    )


def downgrade() -> None:
    op.drop_column("media_process_attempt", "threads")
    op.drop_column("media_process_attempt", "waits_since")
