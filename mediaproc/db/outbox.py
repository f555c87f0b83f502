"""The messages of a statement: the statement that makes something true also writes who is told of it.

Each message is a row for each webhook that asked for its type, with the body that is sent, as things are at that
moment. Where no webhook asked, there is no row, and PostgreSQL makes no body.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    CTE,
    JSON,
    ColumnElement,
    Integer,
    Text,
    and_,
    any_,
    case,
    cast,
    func,
    insert,
    literal_column,
    null,
    or_,
    select,
    true,
)

from mediaproc.core.message import MessageType
from mediaproc.db.notifications import notify_message
from mediaproc.db.schema import media_delivery, media_upload, media_webhook
from mediaproc.db.uploads import is_seen_by

_upload = media_upload.c
_webhook = media_webhook.c

# Columns of a task, as `tasks show --json` names them.
TASK_COLUMNS = (
    "id", "file_id", "filename", "profile", "tenant", "status", "priority", "attempt", "fail_count", "error_class",
    "error", "created_at",
)  # fmt: skip
_RENDITION_COLUMNS = (
    "decision", "flags", "verification", "salvaged_ratio", "bucket", "object_key", "output_bucket", "output_key",
    "output_size", "output_sha256", "duration", "width", "height", "video_codec", "audio_codec", "stage_seconds",
    "finished_at",
)  # fmt: skip
_NO_NOTES: Mapping[str, ColumnElement[Any]] = MappingProxyType(
    {"notes": cast(literal_column("'[]'"), JSON), "notes_count": literal_column("0", Integer)}
)


def tell_of_end(history: CTE, *, type_: MessageType, notes: Mapping[str, ColumnElement[Any]] = _NO_NOTES) -> CTE:
    """The messages that tasks are done, for a statement that has put them into history and returns their rows.

    `notes` are those of a rendition: as many as a message tells, and how many there are.
    """
    row = history.c
    columns: dict[str, ColumnElement[Any]] = {name: row[name] for name in TASK_COLUMNS if name != "status"}
    columns |= {"status": row.outcome, "outcome": row.outcome, "updated_at": row.finished_at}
    columns["verification"] = row.verification
    is_made = row.output_key.is_not(None)
    rendition = func.json_build_object(*_pairs({name: row[name] for name in _RENDITION_COLUMNS} | dict(notes)))
    columns["rendition"] = case((is_made, rendition))
    return _told(history, type_=type_, columns=columns)


def tell_of_task(tasks: CTE, *, type_: MessageType, where: ColumnElement[bool] | None = None) -> CTE:
    """The messages that tasks wait for a person, for a statement that returns their rows in `media_process`."""
    row = tasks.c
    columns: dict[str, ColumnElement[Any]] = {name: row[name] for name in TASK_COLUMNS}
    columns |= {"updated_at": func.now(), "outcome": null(), "verification": null(), "rendition": null()}
    return _told(tasks, type_=type_, columns=columns, where=where)


def _told(
    tasks: CTE,
    *,
    type_: MessageType,
    columns: Mapping[str, ColumnElement[Any]],
    where: ColumnElement[bool] | None = None,
) -> CTE:
    told_columns = {**columns, **_as_its_tenant_knows_it(tasks)}
    told = select(
        _webhook.id,
        tasks.c.id,
        _text(type_),
        body(type_=_text(type_), content=func.json_build_object(_text("task"), tasks.c.id, *_pairs(told_columns))),
    ).where(
        true() if where is None else where,
        asks_for(_text(type_)),
        # In this order: whose the file is, is looked up for the webhooks of a tenant alone.
        or_(_webhook.tenant.is_(None), is_seen_by(tasks, lambda tenant: tenant == _webhook.tenant)),
    )
    return (
        insert(media_delivery)
        .from_select(["webhook_id", "task_id", "type", "body"], told)
        .returning(media_delivery.c.id, notify_message())
        .cte("told_webhooks")
    )


def _as_its_tenant_knows_it(tasks: CTE) -> dict[str, ColumnElement[Any]]:
    """What a webhook of a tenant is told of a file that another tenant enqueued first: neither of that one's names."""
    own_name = (
        select(_upload.filename)
        .where(_upload.file_id == tasks.c.file_id, _upload.tenant == _webhook.tenant)
        .correlate(tasks, media_webhook)
        .scalar_subquery()
    )
    is_of_another = and_(_webhook.tenant != tasks.c.tenant, tasks.c.filename != "")
    return {
        "tenant": func.coalesce(_webhook.tenant, tasks.c.tenant),
        "filename": case((is_of_another, own_name), else_=tasks.c.filename),
    }


def asks_for(type_: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether the webhook is told of messages of this type."""
    return (_webhook.disabled_at.is_(None)) & (type_ == any_(_webhook.events))


def body(*, type_: ColumnElement[str], content: ColumnElement[Any]) -> ColumnElement[str]:
    """A message as it is sent; JSON whose words keep their order."""
    return cast(
        func.json_build_object(_text("type"), type_, _text("timestamp"), func.now(), _text("data"), content), Text
    )


def _pairs(columns: Mapping[str, ColumnElement[Any]]) -> Iterator[ColumnElement[Any]]:
    for name, value in columns.items():
        yield _text(name)
        yield value


def _text(word: str) -> ColumnElement[str]:
    """A word of our own as a literal: PostgreSQL cannot tell the type of a parameter of json_build_object."""
    return literal_column(f"'{word}'::text", Text)
