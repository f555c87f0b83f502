"""The statements about files and their uploads."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import BindParameter, ColumnElement, Connection, and_, delete, exists, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from mediaproc.db.schema import media_files, media_upload

_file = media_files.c
_of_tenant = media_upload.c


@dataclass(frozen=True, kw_only=True)
class NewFile:
    """What is known of a file before its upload; `id` is the SHA-256 of its bytes, `size` counts them."""

    id: str
    filename: str
    bucket: str
    object_key: str
    mime_type: str
    size: int


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """Where the bytes of a stored file should be."""

    bucket: str
    object_key: str


def find_stored(connection: Connection, *, file_id: str) -> StoredFile | None:
    """The file, if its bytes arrived once."""
    row = connection.execute(
        select(_file.bucket, _file.object_key).where(_file.id == file_id, _file.status == "stored")
    ).first()
    return StoredFile(bucket=row.bucket, object_key=row.object_key) if row else None


@dataclass(frozen=True, kw_only=True)
class KnownFile:
    """A stored file as a tenant has it; `probe` is a record of the facts about its bytes, if one is kept."""

    object_key: str
    filename: str
    size: int
    mime_type: str
    probe: bytes | None


def find_known(connection: Connection, *, file_id: str, bucket: str, tenant: str | None) -> KnownFile | None:
    """The file, if its bytes are in this bucket, and the tenant (None: any) has uploaded it."""
    names = select(_of_tenant.filename).where(_of_tenant.file_id == _file.id)
    name = names.where(_of_tenant.tenant == tenant).limit(1).scalar_subquery() if tenant is not None else _file.filename
    row = connection.execute(
        select(_file.object_key, name.label("filename"), _file.size, _file.mime_type, _file.probe).where(
            _file.id == file_id, _file.status == "stored", _file.bucket == bucket, name.is_not(None)
        )
    ).first()
    return KnownFile(**row._mapping) if row else None  # noqa: SLF001 - SQLAlchemy's own name of it


def knows_objects(connection: Connection, *, bucket: str) -> bool:
    """Whether the bytes of any file ever arrived in this bucket."""
    return bool(
        connection.execute(select(exists().where(_file.bucket == bucket, _file.status == "stored"))).scalar_one()
    )


def begin_upload(connection: Connection, *, file: NewFile) -> None:
    """Insert the file's row, `uploading`; an unfinished upload is taken over, a stored file stays as it is."""
    values = {
        "filename": file.filename,
        "bucket": file.bucket,
        "object_key": file.object_key,
        "mime_type": file.mime_type,
        "size": file.size,
    }
    connection.execute(
        insert(media_files)
        .values(id=file.id, status="uploading", **values)
        .on_conflict_do_update(
            index_elements=[_file.id],
            set_=values | {"updated_at": func.now()},
            where=_file.status == "uploading",
        )
    )


def keep_upload(connection: Connection, *, file_id: str) -> None:
    """Record that the upload goes on, so that the sweep leaves it for another day."""
    connection.execute(
        update(media_files).where(_file.id == file_id, _file.status == "uploading").values(updated_at=func.now())
    )


def store_file(
    connection: Connection,
    *,
    file_id: str,
    bucket: str,
    object_key: str,
    probe: bytes | None = None,
    is_duplicate: bool = False,
) -> bool:
    """Record that the bytes are stored, and lock the file's row until the transaction ends.

    `probe` is the record of the facts about these bytes; without one, the file keeps the one that it has.

    A settle updates the same row, and so waits for the lock: no task of the file can leave for history between
    `live_tasks` and `insert_task` (`db/tasks/insert.py`). Returns False when the row is gone or given up, or, of a
    duplicate, whose bytes the caller has not uploaded, when they are not stored any more: then the caller begins an
    upload.
    """
    is_there = _file.status == "stored"
    if not is_duplicate:
        is_there |= _file.updated_at > func.to_timestamp(0)
    stored = connection.scalars(
        update(media_files)
        .where(_file.id == file_id, is_there)
        .values(
            status="stored",
            bucket=bucket,
            object_key=object_key,
            updated_at=func.now(),
            **({} if probe is None else {"probe": probe}),
        )
        .returning(_file.id)
    )
    return stored.first() is not None


def kept_probe(connection: Connection, *, file_id: str) -> bytes | None:
    """The record of the facts about the file's bytes, if one is kept."""
    return connection.scalar(select(_file.probe).where(_file.id == file_id))


def abandon_upload(connection: Connection, *, file_id: str) -> None:
    """Let the next sweep remove an upload that ended in vain: the role of an enqueuer may not delete the row itself."""
    connection.execute(
        update(media_files)
        .where(_file.id == file_id, _file.status == "uploading")
        .values(updated_at=func.to_timestamp(0))
    )


def give_up_upload(connection: Connection, *, file_id: str) -> None:
    """Delete the row of an upload, as if it had never begun; a stored file stays."""
    connection.execute(delete(media_files).where(_file.id == file_id, _file.status == "uploading"))


def unfinished_uploads(connection: Connection, *, bucket: str, older_than: float, limit: int = 100) -> list[str]:
    """The files whose uploads into this bucket gave no sign of life for `older_than` seconds, oldest first."""
    return list(
        connection.scalars(
            select(_file.id)
            .where(is_unfinished(bucket=bucket, older_than=timedelta(seconds=older_than)))
            .order_by(_file.updated_at)
            .limit(limit)
        )
    )


def is_unfinished(
    *, bucket: str | BindParameter[str], older_than: timedelta | BindParameter[timedelta]
) -> ColumnElement[bool]:
    """Whether the file's upload into this bucket gave no sign of life for so long."""
    # The status as a literal: from a parameter a generic plan could not prove that the index applies.
    return and_(
        text("media_files.status = 'uploading'"), _file.bucket == bucket, _file.updated_at < func.now() - older_than
    )


def lock_unfinished_upload(connection: Connection, *, file_id: str, older_than: float) -> str | None:
    """Lock the upload's row against being taken over; returns its object key, or None when it is not there to sweep."""
    return connection.scalars(
        select(_file.object_key)
        .where(
            _file.id == file_id,
            _file.status == "uploading",
            _file.updated_at < func.now() - timedelta(seconds=older_than),
        )
        .with_for_update(skip_locked=True)
    ).first()
