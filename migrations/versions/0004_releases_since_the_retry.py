"""A person's retry lets the releases of a task count anew, as its strikes do."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "media_process",
        sa.Column(
            "retried_after",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="the last attempt before a person's retry: releases count from the one after it",
        ),
    )


def downgrade() -> None:
    op.drop_column("media_process", "retried_after")
