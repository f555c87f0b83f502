"""A page of any selection is found by an index, among a million tasks and ten million that are done."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_OF_BOTH = {
    "created_at": (["created_at", "id"], None),
    "error_class": (["error_class", "created_at", "id"], "error_class IS NOT NULL"),
    "profile": (["profile", "created_at", "id"], "profile <> 'mp4'"),
    "tenant": (["tenant", "created_at", "id"], "tenant <> ''"),
}
_INDEXES = {
    "media_process": _OF_BOTH | {"failed": (["created_at", "id"], "status IN ('failed', 'rejected')")},
    "media_process_history": _OF_BOTH | {"not_completed": (["created_at", "id"], "outcome <> 'completed'")},
    "media_process_attempt": {"executor_id": (["executor_id", "task_id"], None)},
}


def upgrade() -> None:
    for table, indexes in _INDEXES.items():
        for name, (columns, where) in indexes.items():
            condition = None if where is None else sa.text(where)
            op.create_index(f"{table}_{name}_idx", table, columns, postgresql_where=condition)


def downgrade() -> None:
    for table, indexes in _INDEXES.items():
        for name in indexes:
            op.drop_index(f"{table}_{name}_idx", table_name=table)
