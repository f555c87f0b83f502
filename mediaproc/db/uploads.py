"""Whose uploads the files are: the bytes are stored once, and every tenant that has them has a row of its own."""

from collections.abc import Callable, Collection, Mapping

from sqlalchemy import ColumnElement, Connection, FromClause, and_, func, not_, select
from sqlalchemy.dialects.postgresql import insert

from mediaproc.db.ids import is_file_among
from mediaproc.db.schema import media_upload

_upload = media_upload.c

# Whether a tenant is one of those that are meant.
IsMeant = Callable[[ColumnElement[str]], ColumnElement[bool]]


def record_upload(connection: Connection, *, file_id: str, tenant: str, filename: str) -> None:
    """Record that the tenant has the file, under this name; the first name that it gave stays."""
    connection.execute(
        insert(media_upload)
        .values(file_id=file_id, tenant=tenant, filename=filename)
        .on_conflict_do_nothing(index_elements=[_upload.file_id, _upload.tenant])
    )


def names_given(connection: Connection, *, file_ids: Collection[str], tenant: str) -> Mapping[str, str]:
    """The names that the tenant gave those of these files that it has, by their ids."""
    given = select(_upload.file_id, _upload.filename).where(
        is_file_among(_upload.file_id, file_ids), _upload.tenant == tenant
    )
    return {row.file_id: row.filename for row in connection.execute(given)}


def is_seen_by(tasks: FromClause, is_meant: IsMeant) -> ColumnElement[bool]:
    """Whether one of the tenants has the task's file; of a file that nobody has any more, whether the task is its own.

    One look at the primary key for each task, as the planner cannot turn it into anything else.
    """
    has_file = select(func.bool_or(is_meant(_upload.tenant))).where(_upload.file_id == tasks.c.file_id)
    return func.coalesce(has_file.scalar_subquery(), is_meant(tasks.c.tenant))


def is_own(tasks: FromClause, is_meant: IsMeant) -> ColumnElement[bool]:
    """Whether `is_seen_by` holds and the task is one of these tenants' own, for the index of the tasks' tenants."""
    return and_(is_meant(tasks.c.tenant), is_seen_by(tasks, is_meant))


def is_of_shared_file(tasks: FromClause, is_meant: IsMeant) -> ColumnElement[bool]:
    """Whether `is_seen_by` holds and the task is another tenant's, for the index of the few files that more have."""
    shared = select(_upload.file_id).where(is_meant(_upload.tenant), _upload.is_shared)
    return and_(not_(is_meant(tasks.c.tenant)), tasks.c.file_id.in_(shared))
