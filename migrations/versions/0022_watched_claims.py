"""Which claims somebody watches on a page: their executors write progress more often."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "media_watch",
        sa.Column("claim_token", sa.Uuid(), nullable=False, comment="a claim that somebody looks at"),
        sa.Column("watched_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("claim_token", name="media_watch_pkey"),
    )


def downgrade() -> None:
    op.drop_table("media_watch")
