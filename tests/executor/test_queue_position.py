"""Where an executor looks next: behind its latest task, at the front, or nowhere until a tick or a notification."""

from uuid import uuid4

from mediaproc.core.task import ClaimedTask
from mediaproc.db.tasks.looks import Whose
from mediaproc.executor.queue_position import QueuePosition


def test_a_look_goes_on_behind_the_latest_task() -> None:
    queue, (first, second) = QueuePosition(whose=Whose.OWN), _tasks(2)
    assert queue.look().after is None
    queue.looked([first, second], left_room=False)
    assert queue.goes_on
    assert queue.look().after == second


def test_where_nothing_follows_it_begins_at_the_front() -> None:
    """Nothing follows; what came since the tick may stand before it."""
    queue, (first, second) = QueuePosition(whose=Whose.OWN), _tasks(2)
    queue.looked([first], left_room=False)
    queue.looked([second], left_room=True)
    assert not queue.is_at_its_end
    assert queue.look().after is None


def test_a_queue_at_its_end_is_not_looked_at_until_the_next_tick() -> None:
    queue, (first,) = QueuePosition(whose=Whose.OWN), _tasks(1)
    queue.looked([first], left_room=True)
    assert (queue.is_at_its_end, queue.look().after) == (True, None)
    queue.begin_at_the_front()
    assert (queue.is_at_its_end, queue.look().after) == (False, None)


def test_a_look_that_was_never_begun_changes_nothing() -> None:
    """What an earlier look of the same claim found was enough."""
    queue, (first,) = QueuePosition(whose=Whose.OTHERS, due_for=60), _tasks(1)
    queue.looked([], left_room=False)
    assert not queue.is_at_its_end
    queue.looked([first], left_room=False)
    queue.looked([], left_room=False)
    assert queue.look().after == first


def _tasks(count: int) -> list[ClaimedTask]:
    return [
        ClaimedTask(
            id=number, file_id="0" * 64, profile="mp4", filename="clip", bucket="media", object_key="key", size=1,
            position=0.0, attempt=1, fail_count=0, claim_token=uuid4(),
        )
        for number in range(count)
    ]  # fmt: skip
