"""A busy executor claims more urgent tasks first; one that runs until its shard is idle claims no other shard's."""

from sqlalchemy import text

from mediaproc.db.notifications import DUE
from tests.db.task_rows import add_tasks
from tests.parts.executors import ExecutorProcess
from tests.parts.site import Site

# Their sources are not in the store: each attempt ends as soon as it has begun.
_MANY = 300


def test_an_urgent_task_does_not_wait_until_all_others_are_begun(site: Site) -> None:
    plain = add_tasks(site.engine, count=_MANY, bucket=site.store.bucket)
    with ExecutorProcess(settings=site.settings | {"slots": "2"}) as executor:
        executor.wait_for(event="stage_started", stage="claim", task=plain[5])
        (urgent,) = add_tasks(site.engine, count=1, name="urgent", priority=1000, bucket=site.store.bucket)
        with site.engine.begin() as connection:
            connection.execute(text(f"SELECT pg_notify('{DUE}', '{urgent}')"))
        executor.wait_for(event="stage_started", stage="claim", task=urgent)
        begun = [line["task"] for line in executor.matching(event="stage_started", stage="claim")]
    assert set(begun[: begun.index(urgent)]) < set(plain)


def test_who_works_until_its_shard_is_done_leaves_the_others_theirs(site: Site) -> None:
    tasks = add_tasks(site.engine, count=20, bucket=site.store.bucket)
    with site.engine.begin() as connection:
        connection.execute(text("UPDATE media_process SET next_attempt_at = now() - interval '1 hour', fail_count = 2"))
    settings = site.settings | {"slots": "1", "steal_after": "1"}
    with ExecutorProcess(settings=settings, arguments=("--shard", "0/2", "--until-idle")) as executor:
        assert executor.wait() == 0
        begun = {line["task"] for line in executor.matching(event="stage_started", stage="claim")}
    assert begun == {task for task in tasks if task % 2 == 0}
