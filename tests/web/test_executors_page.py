"""The page of executors stays light, however many there are."""

import gzip
import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

from mediaproc.core.access import Access, Scope
from mediaproc.db.views.ops import ExecutorLine, WorkingLine
from mediaproc.web.pages.executors import MOST
from mediaproc.web.preferences import Language, Theme
from mediaproc.web.rendering import Renderer

_NOW = datetime(2026, 11, 30, tzinfo=UTC)
_HEAVIEST = 60_000


def _executor(chance: random.Random) -> ExecutorLine:
    return ExecutorLine(
        executor_id=UUID(int=chance.getrandbits(128)), host=f"node-{chance.randrange(999)}.example.com",
        pid=chance.randrange(99_999), shard_index=chance.randrange(5), shard_total=5, slots=4, busy=4, state="running",
        paused_for=None, sandbox=None, version="1.2.3", started_at=_NOW,
        heartbeat_at=_NOW - timedelta(seconds=chance.random() * 15), last_seen=timedelta(seconds=chance.random() * 15),
        confined=False, shard_is_auto=True, tasks=4,
    )  # fmt: skip


def _working(executor: ExecutorLine, chance: random.Random) -> WorkingLine:
    return WorkingLine(
        task_id=chance.randrange(10**7), filename=f"holiday {chance.randrange(10**6)} in the mountains.avi",
        profile="mp4", attempt=1, host=executor.host, pid=executor.pid, executor_id=executor.executor_id,
        shard_index=0, shard_total=5, claimed_at=_NOW, working_for=timedelta(seconds=50),
        percent=chance.random() * 100, percent_per_minute=chance.random() * 50,
        ready_in=timedelta(seconds=chance.random() * 500), lease_expires_at=_NOW, lease_ran_out=False,
    )  # fmt: skip


def _weight(*, executors: int) -> int:
    chance = random.Random(executors)  # noqa: S311 - the same each time
    found = [_executor(chance) for _ in range(executors)]
    page = Renderer().render(
        "executors.html",
        language=Language.CHINESE,
        theme=Theme.AUTO,
        access=Access(scopes=frozenset({Scope.ADMIN}), tenant=None, actor="anna"),
        path="/executors",
        executors=[(each, "alive") for each in found],
        more=executors,
        working={each.executor_id: [_working(each, chance) for _ in range(each.slots)] for each in found},
        pauses=[],
        paused_executors=frozenset(),
        scopes=["everything"],
        command="mediaproc status",
    )
    return len(gzip.compress(page.encode(), 5))


def test_as_many_executors_as_are_shown_each_with_four_tasks_weigh_little() -> None:
    assert _weight(executors=MOST) < _HEAVIEST


def test_many_more_would_not() -> None:
    assert _weight(executors=2 * MOST) > _HEAVIEST
