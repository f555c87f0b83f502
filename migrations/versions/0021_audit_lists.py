"""Indexes for who reads the audit: what one person did, and what was done of one kind."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("media_audit_actor_idx", "media_audit", ["actor", "id"])
    op.create_index("media_audit_kind_idx", "media_audit", [sa.text("split_part(act, ' ', 1)"), "id"])


def downgrade() -> None:
    op.drop_index("media_audit_kind_idx", "media_audit")
    op.drop_index("media_audit_actor_idx", "media_audit")
