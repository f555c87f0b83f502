"""Executors that run claim nothing that is paused, say so, and claim at once what is resumed."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import func, select, text

from mediaproc.acts import pauses as acts
from mediaproc.acts import schedules as schedule_acts
from mediaproc.core.pause import Scope
from mediaproc.core.schedule import ScheduleName
from mediaproc.db.database import Database
from mediaproc.db.notifications import DUE
from tests.db.task_rows import add_tasks
from tests.parts.executors import ExecutorProcess
from tests.parts.site import Site
from tests.parts.waiting import until

_NEVER = "0 0 0 29 2 *"
_CLAIM = {"event": "stage_started", "stage": "claim"}


@pytest.fixture
def two(directory_site: Site) -> Iterator[tuple[ExecutorProcess, ExecutorProcess]]:
    """Both are told of tasks and of pauses, and find nothing by a tick."""
    settings = directory_site.settings | {"cron": _NEVER, "compensate_cron": _NEVER, "slots": "1"}
    with ExitStack() as running:
        both = [
            running.enter_context(ExecutorProcess(settings=settings | {"shard": f"{index}/2"})) for index in range(2)
        ]
        for one in both:
            one.wait_for(event="listening")
        yield both[0], both[1]


def _add(site: Site, name: str, *, profile: str = "mp4") -> set[int]:
    """Four due tasks of which the executors are told; their sources are not in the store, so that each ends at once."""
    ids = add_tasks(site.engine, count=4, name=name, bucket=site.store.bucket)
    with site.engine.begin() as connection:
        connection.execute(
            text("UPDATE media_process SET profile = :profile, fail_count = 2 WHERE id = ANY (:ids)"),
            {"profile": profile, "ids": ids},
        )
        for task_id in ids:
            connection.execute(select(func.pg_notify(DUE, str(task_id))))
    return set(ids)


def _claimed(site: Site) -> set[int]:
    return {row["task_id"] for row in site.rows("SELECT task_id FROM media_process_attempt")}


def test_what_is_paused_stays_while_two_executors_work_and_is_claimed_when_it_is_resumed(
    directory_site: Site, two: tuple[ExecutorProcess, ExecutorProcess]
) -> None:
    site, database = directory_site, Database(directory_site.engine)
    acts.pause(database, scope=Scope(profile="gif"), because=None, actor="ann@desk")
    paused = _add(site, "paused", profile="gif")
    # Behind the paused ones in line.
    others = _add(site, "others")
    until(lambda: others <= _claimed(site))
    assert not paused & _claimed(site)
    acts.resume(database, scope=Scope(profile="gif"), actor="ann@desk")
    until(lambda: paused <= _claimed(site))
    acts.pause(database, scope=Scope(), because="New disks.", actor="ann@desk")
    for one in two:
        one.wait_for(event="paused")
    # Their rows say why.
    sentence = "Everything is paused by ann@desk until it is resumed (New disks)."
    until(
        lambda: (
            site.rows("SELECT state, paused_for FROM media_executor")
            == [{"state": "paused", "paused_for": sentence}] * 2
        )
    )
    held = _add(site, "held")
    # A tick that a person asks for finds nothing either.
    schedule_acts.run_now(database, name=ScheduleName.TICK, actor="ann@desk")
    schedule_acts.run_now(database, name=ScheduleName.SWEEP, actor="ann@desk")
    until(lambda: site.value("SELECT last_ended_at FROM media_schedule WHERE name = 'sweep'"))
    assert not held & _claimed(site)
    acts.resume(database, scope=Scope(), actor="ann@desk")
    for one in two:
        one.wait_for(event="resumed")
    until(lambda: held <= _claimed(site))


def test_an_executor_until_idle_ends_though_what_is_paused_is_left(directory_site: Site) -> None:
    database = Database(directory_site.engine)
    acts.pause(database, scope=Scope(), because=None, actor="ann@desk")
    held = _add(directory_site, "held")
    with ExecutorProcess(settings=directory_site.settings, arguments=("--until-idle",)) as executor:
        assert executor.wait() == 0
    assert not held & _claimed(directory_site)
