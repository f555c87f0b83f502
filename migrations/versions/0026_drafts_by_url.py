"""Drafts that are brought from a URL: what their requesters know them by, and the task that goes on with each."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_KEY = "what was asked for, as a checksum: the newest task with it is the one that counts"
_CHILD = "the task that goes on with what this one brought"
_TABLES = ("media_process", "media_process_history")


def upgrade() -> None:
    op.add_column("media_process_history", sa.Column("child_id", sa.BigInteger(), comment=_CHILD))
    for table in _TABLES:
        op.add_column(table, sa.Column("request_key", sa.Text(), comment=_KEY))
        op.create_index(
            f"{table}_request_key_idx",
            table,
            ["request_key", "id"],
            postgresql_where=sa.text("request_key IS NOT NULL"),
        )


def downgrade() -> None:
    for table in _TABLES:
        op.drop_index(f"{table}_request_key_idx", table)
        op.drop_column(table, "request_key")
    op.drop_column("media_process_history", "child_id")
