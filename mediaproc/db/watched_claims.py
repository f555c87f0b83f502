"""Which claims somebody watches: their executors write progress more often, until nobody has looked for a while."""

from collections.abc import Collection
from datetime import timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Select,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert

from mediaproc.db.ids import IDS
from mediaproc.db.notifications import notify_watched
from mediaproc.db.schema import media_process, media_watch
from mediaproc.db.schema.conditions import IS_PROCESSING

_task = media_process.c
_watch = media_watch.c

# Seconds for which a look is good. A claim that is looked at all the time has its row written once in half of them.
_GOOD_FOR = 20.0


def watch(connection: Connection, *, task_ids: Collection[int]) -> None:
    """Note that somebody looks at these tasks; the executor of one that is claimed and was not watched is notified."""
    connection.execute(_watch_claims(), {"watched": list(task_ids)})


def forget_lapsed(connection: Connection) -> None:
    """Remove the rows of claims that nobody looks at any more; in a transaction of its own, before `watch`.

    Beside `watch` in one transaction two servers would wait for each other's rows in any order.
    """
    connection.execute(_forget_lapsed())


def is_watched(claim_token: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether somebody watches the claim."""
    return exists(select(1).where(_watch.claim_token == claim_token, _watch.watched_until > func.now()))


@lru_cache(maxsize=1)
def _forget_lapsed() -> Any:  # noqa: ANN401 - a statement
    lapsed = select(_watch.claim_token).where(_watch.watched_until <= func.now()).with_for_update(skip_locked=True)
    return delete(media_watch).where(_watch.claim_token.in_(lapsed))


@lru_cache(maxsize=1)
def _watch_claims() -> Select[Any]:
    # In one order, whoever writes: two servers that show the same tasks wait for each other at most.
    claims = (
        select(_task.claim_token, (func.now() + timedelta(seconds=_GOOD_FOR)).label("watched_until"))
        .where(_task.id == func.any(bindparam("watched", type_=IDS)), text(IS_PROCESSING))
        .order_by(_task.claim_token)
    )
    added = insert(media_watch).from_select(["claim_token", "watched_until"], claims)
    is_half_over = _watch.watched_until < added.excluded.watched_until - timedelta(seconds=_GOOD_FOR / 2)
    written = added.on_conflict_do_update(
        index_elements=[_watch.claim_token], set_={"watched_until": added.excluded.watched_until}, where=is_half_over
    ).returning(_watch.claim_token, literal_column("xmax = 0", Boolean).label("is_new"))
    rows = written.cte("watched")
    return select(case((rows.c.is_new, notify_watched(rows.c.claim_token))))
