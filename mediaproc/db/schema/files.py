"""The tables of uploaded sources, and of whose uploads they are."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Index, LargeBinary, Table, Text, text

from mediaproc.core.probe_record import LARGEST_RECORD
from mediaproc.db.schema.conventions import metadata, now_by_default

media_files = Table(
    "media_files",
    metadata,
    Column("id", Text, primary_key=True, comment="SHA-256 of the bytes, 64 hex digits"),
    Column("filename", Text, nullable=False),
    Column("bucket", Text, nullable=False),
    Column("object_key", Text, nullable=False),
    Column("mime_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("url", Text, comment="where the playable rendition is, once there is one"),
    Column("status", Text, nullable=False),
    Column("probe", LargeBinary, comment="a record of the facts about its bytes; null: they are probed again"),
    now_by_default("created_at"),
    now_by_default("updated_at"),
    CheckConstraint("id ~ '^[0-9a-f]{64}$'", name="media_files_id_is_sha256"),
    CheckConstraint("size > 0", name="media_files_size_is_positive"),
    CheckConstraint("status IN ('uploading', 'stored')", name="media_files_status_is_known"),
    CheckConstraint(f"octet_length(probe) <= {LARGEST_RECORD}", name="media_files_probe_is_short"),
    # The sweep of uploads that never ended reads only these few.
    Index("media_files_uploading_idx", "updated_at", postgresql_where=text("status = 'uploading'")),
)

# The bytes are stored once, whoever uploads them; a row here says that a tenant has them.
media_upload = Table(
    "media_upload",
    metadata,
    Column("file_id", Text, ForeignKey("media_files.id", ondelete="CASCADE"), primary_key=True),
    Column("tenant", Text, primary_key=True),
    Column("filename", Text, nullable=False, comment="as this tenant has it"),
    # A trigger sets it, of all rows of a file, when a second tenant has the file.
    Column(
        "is_shared",
        Boolean,
        nullable=False,
        server_default=text("false"),
        comment="another tenant has the file, or had it: tasks of the file may be that one's",
    ),
    now_by_default("created_at"),
    Index("media_upload_tenant_idx", "tenant", "file_id"),
    # Where a tenant's selection finds the few tasks of its files that are another tenant's.
    Index("media_upload_shared_idx", "tenant", "file_id", postgresql_where=text("is_shared")),
)
