"""Rows that are unlike millions of others, which a page has to find; and lines of audit and messages, as many."""

from dataclasses import dataclass

from sqlalchemy import Engine, text

from mediaproc.core.shard import Shard
from tests.bench.task_tables import vacuum
from tests.db.sample_rows import claimed, executor
from tests.web.filled_control import add_webhook

_EXECUTORS = 4
# Few of many, which a page has to find: one in 5,000 of history and of what waits, and a tenant with three uploads.
_SELDOM = """
UPDATE media_process_history SET profile = 'gif' WHERE id % 5000 = 1;
UPDATE media_process_history SET tenant = 'acme' WHERE id % 5000 = 2;
UPDATE media_process_history SET error_class = 'stalled' WHERE id % 5000 = 3;
UPDATE media_process_history SET outcome = 'cancelled', output_bucket = NULL, output_key = NULL, output_size = NULL,
    output_sha256 = NULL, verification = NULL WHERE id % 5000 = 4;
UPDATE media_process SET profile = 'gif' WHERE id % 5000 = 1;
UPDATE media_process SET tenant = 'acme' WHERE id % 5000 = 2;
UPDATE media_process SET status = 'rejected', error_class = 'stalled', error = 'It stood.' WHERE id % 5000 = 3;
UPDATE media_process SET status = 'failed', fail_count = 3, error_class = 'lost', error = 'Gone.' WHERE id % 5000 = 4;
INSERT INTO media_upload (file_id, tenant, filename, is_shared)
SELECT id, tenant, filename, true
FROM media_files, unnest(ARRAY['', 'all', CASE WHEN id < lpad('4', 64, '0') THEN 'few' END]) tenant
WHERE tenant IS NOT NULL;
INSERT INTO media_audit (actor, act, selection, count)
SELECT CASE WHEN n % 5000 = 1 THEN 'seldom' ELSE 'often' END,
    CASE WHEN n % 5000 = 2 THEN 'token create' ELSE 'retry' END, 'all', n
FROM generate_series(1, CAST(:acts AS integer)) n;
INSERT INTO media_delivery (webhook_id, type, body, delivered_at, dead_at)
SELECT :webhook, 'task.completed', '{}', CASE WHEN n % 5000 <> 1 THEN now() END, CASE WHEN n % 5000 = 1 THEN now() END
FROM generate_series(1, CAST(:messages AS integer)) n
"""


@dataclass(frozen=True, kw_only=True)
class Ids:
    """Of what is asked one by one."""

    waiting: int
    done: int
    webhook: int


def add_seldom_rows(engine: Engine, *, acts: int, messages: int) -> Ids:
    """Make few of the rows unlike the others, and add so many lines of audit and messages to a webhook."""
    with engine.begin() as connection:
        webhook = add_webhook(connection, hostile="nobody")
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in _SELDOM.split(";\n"):
            connection.execute(text(statement), {"acts": acts, "messages": messages, "webhook": webhook})
        waiting = connection.execute(text("SELECT max(id) FROM media_process")).scalar_one()
        done = connection.execute(text("SELECT min(id) FROM media_process_history")).scalar_one()
    with engine.begin() as connection:
        for number in range(_EXECUTORS):
            claimed(connection, executor(connection, shard=Shard(number, _EXECUTORS)))
    vacuum(engine)
    return Ids(waiting=waiting, done=done, webhook=webhook)
