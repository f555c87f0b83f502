"""Tasks that ended long ago: their renditions are deleted, then their rows, then the sources that nothing else names.

What changes history are functions of the tables' owner, since no executor may: they take nothing younger than a day.

Whoever changes rows of history for this has locked their files first (`lock_files`). A task that settles or is inserted
has its file's row locked too: so nothing can begin to name a source while it is given up.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    Connection,
    exists,
    func,
    null,
    select,
    text,
    tuple_,
    update,
)

from mediaproc.db.ids import is_among, is_file_among
from mediaproc.db.schema import media_files, media_process, media_process_history

_file = media_files.c
_history = media_process_history.c

# What executors have done in the owner's name.
FUNCTIONS = (
    "media_history_delete_renditions(bigint[], double precision, text)",
    "media_history_prune(bigint[], double precision)",
)


@dataclass(frozen=True, kw_only=True)
class OldTask:
    """A task that ended so long ago, and where the next look goes on."""

    id: int
    finished_at: datetime
    file_id: str


@dataclass(frozen=True, kw_only=True)
class DeletedRendition:
    """A rendition that no row calls one any more, and whose object is still to be deleted."""

    task_id: int
    key: str


def old_tasks(connection: Connection, *, keep: float, limit: int, after: OldTask | None) -> list[OldTask]:
    """Tasks that ended more than `keep` seconds ago, in the order of their end, those after `after`."""
    ended = (
        select(_history.id, _history.finished_at, _history.file_id)
        .where(_history.finished_at < func.now() - timedelta(seconds=keep))
        .order_by(_history.finished_at, _history.id)
        .limit(limit)
    )
    if after is not None:
        ended = ended.where(tuple_(_history.finished_at, _history.id) > (after.finished_at, after.id))
    return [OldTask(**row) for row in connection.execute(ended).mappings()]


def lock_files(connection: Connection, *, file_ids: Collection[str], bucket: str) -> frozenset[str]:
    """Lock the rows of those of these files that are in this bucket and that no other session has locked.

    Returns them, and those that have no row. History of a file elsewhere stays: its source could not go with it.
    """
    asked = select(_file.id).where(is_file_among(_file.id, file_ids))
    locked = asked.where(_file.bucket == bucket).order_by(_file.id).with_for_update(skip_locked=True)
    there = frozenset(connection.scalars(locked))
    return there | (frozenset(file_ids) - frozenset(connection.scalars(asked)))


def delete_renditions(
    connection: Connection, *, task_ids: Collection[int], keep: float, bucket: str
) -> list[DeletedRendition]:
    """Turn those of these tasks that have a rendition in this bucket into deleted ones, whose objects then go.

    A file's address is that of its latest rendition: it goes with it. A task with an object to sweep stays as it is.
    """
    rows = connection.execute(
        text("SELECT task_id, key FROM media_history_delete_renditions(:tasks, :keep, :bucket)"),
        {"tasks": list(task_ids), "keep": keep, "bucket": bucket},
    )
    return [DeletedRendition(task_id=row.task_id, key=row.key) for row in rows]


def renditions_to_delete(
    connection: Connection, *, bucket: str, limit: int, after: int = 0, file_id: str | None = None
) -> list[DeletedRendition]:
    """The renditions in this bucket whose objects are still to be deleted, of the tasks after `after`."""
    found = (
        select(_history.id, _history.delete_key)
        # A literal, from which a generic plan can prove that the partial index applies.
        .where(text("media_process_history.delete_key IS NOT NULL"), _history.delete_bucket == bucket)
        .where(_history.id > after)
        .order_by(_history.id)
        .limit(limit)
    )
    if file_id is not None:
        found = found.where(_history.file_id == file_id)
    return [DeletedRendition(task_id=row.id, key=row.delete_key) for row in connection.execute(found)]


def forget_deleted(connection: Connection, *, task_ids: Collection[int]) -> None:
    """The objects of these deleted renditions are gone: their keys are forgotten."""
    connection.execute(
        update(media_process_history)
        .where(is_among(_history.id, task_ids), _history.delete_key.is_not(None))
        .values(delete_key=null(), delete_bucket=null())
    )


def delete_tasks(connection: Connection, *, task_ids: Collection[int], keep: float) -> list[str]:
    """Delete those of these rows that name no object, with their attempts; returns the files of those that went."""
    return list(
        connection.scalars(text("SELECT media_history_prune(:tasks, :keep)"), {"tasks": list(task_ids), "keep": keep})
    )


def give_up_sources(connection: Connection, *, file_ids: Collection[str], bucket: str) -> Sequence[str]:
    """Let the sweep remove those of these sources that no task names, in history or before it; returns them.

    Such a file counts as one whose upload never ended: an enqueue of the same bytes begins a new one.
    """
    return connection.scalars(
        update(media_files)
        .where(
            is_file_among(_file.id, file_ids),
            _file.status == "stored",
            _file.bucket == bucket,
            ~exists(select(1).where(media_process.c.file_id == _file.id)),
            ~exists(select(1).where(_history.file_id == _file.id)),
        )
        .values(status="uploading", updated_at=func.to_timestamp(0), url=null())
        .returning(_file.id)
    ).all()
