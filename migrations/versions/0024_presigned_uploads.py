"""Uploads whose parts a client sends to the store itself."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_COMMENT = "the store's name of an upload in parts, which a client sends there itself"


def upgrade() -> None:
    op.add_column("media_upload_chunk", sa.Column("parts_name", sa.Text(), comment=_COMMENT))


def downgrade() -> None:
    op.drop_column("media_upload_chunk", "parts_name")
