"""Whose uploads the files are: the bytes are stored once, and every tenant that has them has a row of its own."""

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from mediaproc.db.schema import media_upload


def record_upload(connection: Connection, *, file_id: str, tenant: str, filename: str) -> None:
    """Record that the tenant has the file, under this name; the first name that it gave stays."""
    connection.execute(
        insert(media_upload)
        .values(file_id=file_id, tenant=tenant, filename=filename)
        .on_conflict_do_nothing(index_elements=[media_upload.c.file_id, media_upload.c.tenant])
    )
