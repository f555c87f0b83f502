"""What decoders a task needs, where a node found that it lacks one, and which ones an executor lacks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "media_process",
        sa.Column(
            "needs_decoders",
            postgresql.ARRAY(sa.Text()),
            comment="what its source needs, as the node found that lacked it; null while nobody did",
        ),
    )
    op.add_column(
        "media_executor",
        sa.Column(
            "lacking_decoders",
            postgresql.ARRAY(sa.Text()),
            comment="of those that a whole ffmpeg has; null of earlier versions",
        ),
    )


def downgrade() -> None:
    op.drop_column("media_executor", "lacking_decoders")
    op.drop_column("media_process", "needs_decoders")
