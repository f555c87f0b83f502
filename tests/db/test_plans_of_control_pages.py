"""No page of those who run a site, and no uploader's view, reads a long table from one end to the other."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, Engine, text

from mediaproc.db.deliveries import deliveries
from mediaproc.db.views.audit import audit_lines
from mediaproc.db.views.shared_upload import shared_upload
from mediaproc.db.webhooks import webhooks_to_show
from tests.db.crowded_tables import explained, fill

_LONG = ("media_audit", "media_delivery", "media_process", "media_process_history")
_FILL = """
INSERT INTO media_audit (actor, act, selection, count)
SELECT CASE WHEN n % 5000 = 1 THEN 'seldom' ELSE 'often' END,
       CASE WHEN n % 5000 = 2 THEN 'token create' ELSE 'retry' END, 'all', n
FROM generate_series(1, 20000) n;

INSERT INTO media_webhook (url, events, secret, actor) VALUES ('https://example.com/', '{}', 's', 'anna');

INSERT INTO media_delivery (webhook_id, type, body, delivered_at, dead_at)
SELECT 1, 'task.completed', '{}', CASE WHEN n % 5000 <> 1 THEN now() END, CASE WHEN n % 5000 = 1 THEN now() END
FROM generate_series(1, 20000) n;

ANALYZE;
"""


@pytest.fixture
def crowded(engine: Engine, database_url: str) -> Iterator[Connection]:
    fill(database_url)
    with engine.begin() as connection:
        connection.execute(text(_FILL))
    with engine.connect() as connection:
        yield connection


def _read_whole(plans: list[str]) -> list[str]:
    return [line for plan in plans for line in plan.splitlines() for table in _LONG if f"Seq Scan on {table} " in line]


def test_each_list_and_the_uploaders_view_walk_indexes(crowded: Connection) -> None:
    later = datetime(2100, 1, 1, tzinfo=UTC)
    with explained(crowded) as plans:
        for actor in (None, "often", "seldom", "nobody"):
            for act in (None, "retry", "token", "token create"):
                assert len(audit_lines(crowded, limit=50, actor=actor, act=act, before=19_000)) <= 50
        assert len(deliveries(crowded, webhook_id=1, limit=50)) == 4
        assert len(deliveries(crowded, webhook_id=1, limit=50, before=9_000)) == 2
        (webhook,) = webhooks_to_show(crowded)
        assert webhook.dead == 4
        waits = crowded.execute(text("SELECT max(id) FROM media_process")).scalar_one()
        for task_id in (waits, 10_000_001):
            assert shared_upload(crowded, task_id=task_id, until=later) is not None
    assert len(plans) > 20
    assert _read_whole(plans) == []


def test_without_an_index_the_audit_of_one_actor_is_read_whole(crowded: Connection) -> None:
    crowded.execute(text("DROP INDEX media_audit_actor_idx"))
    crowded.execute(text("ALTER TABLE media_audit DROP CONSTRAINT media_audit_pkey"))
    with explained(crowded) as plans:
        audit_lines(crowded, limit=50, actor="seldom")
    assert _read_whole(plans)
