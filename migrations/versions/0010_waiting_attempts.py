"""An idle executor finds what waits at others without reading the history of attempts."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "media_process_attempt_waits_idx",
        "media_process_attempt",
        ["waits_since"],
        postgresql_where=sa.text("waits_since IS NOT NULL AND outcome IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("media_process_attempt_waits_idx", table_name="media_process_attempt")
