"""The tables name the oldest client that they still serve, so that an upgrade of them stops nobody."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # No revision so far took anything away from the clients of an earlier one.
    op.add_column(
        "mediaproc_version",
        sa.Column(
            "oldest_client",
            sa.Text(),
            server_default=sa.text("'0001'"),
            nullable=False,
            comment="the revision of the oldest mediaproc that can work with these tables",
        ),
    )


def downgrade() -> None:
    op.drop_column("mediaproc_version", "oldest_client")
