"""Acts leave a line of audit; tasks and files tell whose uploads they are, and history what they cost."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# In the owner's name, so that whoever may record an upload needs no further right. The file's row is locked by whoever
# does so: two at the same time see each other.
_SHARE = """
CREATE FUNCTION media_upload_is_shared() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM media_upload WHERE file_id = NEW.file_id AND tenant <> NEW.tenant) THEN
        UPDATE media_upload SET is_shared = true WHERE file_id = NEW.file_id AND NOT is_shared;
    END IF;
    RETURN NULL;
END $$
"""
_SHARE_TRIGGER = """
CREATE TRIGGER media_upload_is_shared AFTER INSERT ON media_upload
FOR EACH ROW EXECUTE FUNCTION media_upload_is_shared()
"""


def upgrade() -> None:
    op.create_table(
        "media_audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False, comment="who: user@host from a terminal"),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("selection", sa.Text(), nullable=False, comment="what was meant, as it was written"),
        sa.Column("count", sa.BigInteger(), nullable=False, comment="of what this transaction really changed"),
        sa.Column("because", sa.Text(), comment="the reason that was given, if any"),
        sa.PrimaryKeyConstraint("id", name="media_audit_pkey"),
        sa.CheckConstraint("count >= 0", name="media_audit_count_not_negative"),
    )
    op.create_index("media_audit_at_idx", "media_audit", ["at"])
    for table in ("media_process", "media_process_history"):
        op.add_column(
            table,
            sa.Column(
                "tenant",
                sa.Text(),
                server_default=sa.text("''"),
                nullable=False,
                comment="whose upload it was; empty: nobody's in particular, which is a tenant like any other",
            ),
        )
    op.create_table(
        "media_upload",
        sa.Column("file_id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False, comment="as this tenant has it"),
        sa.Column(
            "is_shared",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="another tenant has the file, or had it: tasks of the file may be that one's",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("file_id", "tenant", name="media_upload_pkey"),
        sa.ForeignKeyConstraint(["file_id"], ["media_files.id"], name="media_upload_file_id_fkey", ondelete="CASCADE"),
    )
    op.create_index("media_upload_tenant_idx", "media_upload", ["tenant", "file_id"])
    op.create_index(
        "media_upload_shared_idx", "media_upload", ["tenant", "file_id"], postgresql_where=sa.text("is_shared")
    )
    # Whatever is here was enqueued without a tenant.
    op.execute(
        "INSERT INTO media_upload (file_id, tenant, filename, created_at)"
        " SELECT id, '', filename, created_at FROM media_files WHERE status = 'stored'"
    )
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    for made in (_SHARE, _SHARE_TRIGGER):
        op.execute(made.format(schema=schema))
    op.add_column(
        "media_process_history",
        sa.Column("cpu_seconds", sa.REAL(), comment="of ffmpeg and ffprobe; null where nobody measured it"),
    )
    op.add_column("media_process_history", sa.Column("bytes_in", sa.BigInteger(), comment="the source's size"))
    op.add_column("media_process_history", sa.Column("bytes_out", sa.BigInteger(), comment="the rendition's size"))
    op.drop_constraint("media_process_history_outcome_is_known", "media_process_history")
    op.create_check_constraint(
        "media_process_history_outcome_is_known",
        "media_process_history",
        "outcome IN ('completed', 'cancelled', 'deleted')",
    )


def downgrade() -> None:
    op.drop_constraint("media_process_history_outcome_is_known", "media_process_history")
    # An earlier version knows no such outcome; nothing else is left of what was deleted.
    op.execute("DELETE FROM media_process_history WHERE outcome = 'deleted'")
    op.create_check_constraint(
        "media_process_history_outcome_is_known", "media_process_history", "outcome IN ('completed', 'cancelled')"
    )
    for column in ("bytes_out", "bytes_in", "cpu_seconds"):
        op.drop_column("media_process_history", column)
    op.drop_table("media_upload")
    op.execute("DROP FUNCTION media_upload_is_shared()")
    for table in ("media_process_history", "media_process"):
        op.drop_column(table, "tenant")
    op.drop_table("media_audit")
