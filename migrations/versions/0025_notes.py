"""What of a project is not drawn exactly, with the rendition that was made of it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_COMMENT = "what of a project is not drawn exactly, in the order of its time; null where there is nothing to tell"


def upgrade() -> None:
    op.add_column("media_process_history", sa.Column("notes", JSONB(), comment=_COMMENT))


def downgrade() -> None:
    op.drop_column("media_process_history", "notes")
