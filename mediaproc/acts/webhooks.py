"""What persons and programs do to webhooks: add, remove, rotate the secret, try, send again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from mediaproc import randomness
from mediaproc.core.errors import NotThere
from mediaproc.core.message import SECRET_BYTES, MessageType, secret_of
from mediaproc.core.outbound_url import parse_outbound_url
from mediaproc.core.tenant import tenant_named
from mediaproc.db import audit, deliveries, webhooks
from mediaproc.db.database import Connection, Database
from mediaproc.db.retention import old_deliveries
from mediaproc.guarded_http import GuardedHttp, NoAnswer

# Seconds for which the secret before the present one signs too: a day to tell all receivers of the new one.
BOTH_SECRETS_FOR = 86_400.0
# Messages that one transaction changes.
_BATCH = 1_000


class NoSuchWebhook(NotThere):
    """No webhook has the number."""

    def __init__(self, webhook_id: int) -> None:
        super().__init__(f"There is no webhook {webhook_id}: `mediaproc webhooks list` shows those that are there.")


@dataclass(frozen=True, kw_only=True)
class Secret:
    """A webhook and its secret, which is told only this once."""

    webhook: int
    secret: str
    # What somebody should look at, though the act was done.
    warning: str | None = None


def add(
    database: Database, http: GuardedHttp, *, url: str, events: Sequence[MessageType], tenant: str | None, actor: str
) -> Secret:
    """Tell this address of these events from now on, of the tasks of one tenant's files alone where it is named.

    Raises:
        WrongUse: the URL or the tenant is none that is taken.
    """
    tenant = None if tenant is None else tenant_named(tenant)
    warning = _warning_about(url, http=http)
    secret = secret_of(randomness.secret_bytes(SECRET_BYTES))
    names = [str(each) for each in events]
    with database.write() as connection:
        number = webhooks.add_webhook(connection, url=url, events=names, tenant=tenant, secret=secret, actor=actor)
        _record(connection, "webhook add", webhook_id=number, actor=actor)
    return Secret(webhook=number, secret=secret, warning=warning)


def _warning_about(url: str, *, http: GuardedHttp) -> str | None:
    """What may keep executors, who send the messages, from reaching what this process may ask."""
    try:
        http.check(url)
    except NoAnswer as error:
        # They look the name up themselves, and refuse what it leads to then.
        return str(error)
    parsed = parse_outbound_url(url, trusted=http.trusted)
    if parsed.is_trusted:
        return f"Executors send the messages: each of them needs {parsed.authority} in {parsed.setting} too."
    return None


def remove(database: Database, *, webhook_id: int, actor: str) -> None:
    """Tell it nothing any more; what waited for it is deleted.

    Raises:
        NoSuchWebhook
    """
    with database.write() as connection:
        if not webhooks.remove_webhook(connection, webhook_id=webhook_id):
            raise NoSuchWebhook(webhook_id)
        _record(connection, "webhook remove", webhook_id=webhook_id, actor=actor)
    deleted = _BATCH
    # Nobody sends them any more; what is left if this is cut short goes with the retention.
    while deleted == _BATCH:
        with database.write() as connection:
            deleted = old_deliveries.delete_deliveries(connection, webhook_id=webhook_id, limit=_BATCH)


def rotate(database: Database, *, webhook_id: int, actor: str) -> Secret:
    """A new secret for the webhook; for BOTH_SECRETS_FOR seconds each message is signed with both.

    Raises:
        NoSuchWebhook
    """
    secret = secret_of(randomness.secret_bytes(SECRET_BYTES))
    with database.write() as connection:
        if not webhooks.rotate_secret(connection, webhook_id=webhook_id, secret=secret, both_for=BOTH_SECRETS_FOR):
            raise NoSuchWebhook(webhook_id)
        _record(connection, "webhook rotate", webhook_id=webhook_id, actor=actor)
    return Secret(webhook=webhook_id, secret=secret)


def add_test(database: Database, *, webhook_id: int, actor: str) -> int:
    """The number of a message that tries the webhook, for whoever sends it now; a disabled one is enabled again.

    Raises:
        NoSuchWebhook
    """
    with database.write() as connection:
        if not webhooks.enable_webhook(connection, webhook_id=webhook_id):
            raise NoSuchWebhook(webhook_id)
        _record(connection, "webhook test", webhook_id=webhook_id, actor=actor)
        return deliveries.add_test(connection, webhook_id=webhook_id)


def replay(
    database: Database, *, webhook_id: int, ids: Collection[int] = (), since: float | None = None, actor: str
) -> int:
    """Send again, under the same ids: these messages, or all of the last `since` seconds, or all that are dead.

    A webhook that was disabled is enabled. Returns how many messages are due again; each batch has its line of audit.

    Raises:
        NoSuchWebhook
    """
    with database.write() as connection:
        if not webhooks.enable_webhook(connection, webhook_id=webhook_id):
            raise NoSuchWebhook(webhook_id)
    total, replayed = 0, _BATCH
    while replayed == _BATCH:
        with database.write() as connection:
            replayed = deliveries.replay_deliveries(
                connection, webhook_id=webhook_id, ids=ids, since=since, limit=_BATCH
            )
            if replayed or not total:
                _record(connection, "webhook replay", webhook_id=webhook_id, actor=actor, count=replayed)
        total += replayed
    return total


def _record(connection: Connection, act: str, *, webhook_id: int, actor: str, count: int = 1) -> None:
    audit.record(connection, actor=actor, act=act, selection=f"webhook {webhook_id}", count=count)
