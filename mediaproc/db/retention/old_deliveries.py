"""The statements that remove messages: the old ones that have ended, and those of a webhook that is removed."""

from datetime import timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, not_, or_, select

from mediaproc.db.schema import media_delivery, media_webhook

_delivery = media_delivery.c
_webhook = media_webhook.c


def delete_deliveries(connection: Connection, *, webhook_id: int, limit: int) -> int:
    """Delete messages to a webhook that is removed; how many, `limit` at most."""
    return _delete(connection, _delivery.webhook_id == webhook_id, limit=limit)


def delete_old_deliveries(connection: Connection, *, older_than: float, limit: int) -> int:
    """Delete messages of `older_than` seconds and more that nobody will send any more; how many, `limit` at most.

    One that is on its way stays, unless its webhook is removed or disabled.
    """
    lives = exists(select(1).where(_webhook.id == _delivery.webhook_id, _webhook.disabled_at.is_(None)))
    over = or_(_delivery.delivered_at.is_not(None), _delivery.dead_at.is_not(None), not_(lives))
    old = _delivery.created_at < func.now() - timedelta(seconds=older_than)
    return _delete(connection, and_(old, over), limit=limit)


def _delete(connection: Connection, which: ColumnElement[bool], *, limit: int) -> int:
    chosen = (
        select(_delivery.id).where(which).order_by(_delivery.created_at).limit(limit).with_for_update(skip_locked=True)
    )
    deleted = delete(media_delivery).where(_delivery.id.in_(chosen)).returning(_delivery.id)
    return len(connection.scalars(deleted).all())
