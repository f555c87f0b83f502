import pytest

from mediaproc.core.cron import Cron
from mediaproc.core.errors import WrongUse
from mediaproc.core.schedule import Fire, Schedule, ScheduleName, cron_of, fire, schedule_named

NOW = 1000.0


@pytest.mark.parametrize(
    ("schedule", "has_work", "expected"),
    [
        (Schedule(name="prune"), True, Fire.PLAN),
        (Schedule(name="prune", next_fire_at=NOW + 1), True, Fire.WAIT),
        (Schedule(name="prune", next_fire_at=NOW), True, Fire.RUN),
        (Schedule(name="prune", next_fire_at=NOW), False, Fire.WAIT),
        (Schedule(name="prune", next_fire_at=NOW, is_paused=True), True, Fire.WAIT),
        (Schedule(name="prune", next_fire_at=NOW, held_until=NOW + 1), True, Fire.WAIT),
        (Schedule(name="prune", next_fire_at=NOW, held_until=NOW), True, Fire.RUN),
        (Schedule(name="prune", requested_at=NOW - 1), False, Fire.RUN),
        (Schedule(name="prune", requested_at=NOW - 1, is_paused=True), False, Fire.RUN),
        (Schedule(name="prune", requested_at=NOW - 1, held_until=NOW + 1), True, Fire.WAIT),
    ],
)
def test_a_fire_is_taken_when_it_is_due_and_nobody_has_it(
    schedule: Schedule, expected: Fire, *, has_work: bool
) -> None:
    assert fire(schedule, now=NOW, has_work=has_work) is expected


def test_a_cron_that_another_program_wrote_wrongly_is_that_of_the_settings() -> None:
    default = Cron.parse("*/5 * * * * *")
    assert cron_of(None, default=default) == default
    assert cron_of(Schedule(name="tick", cron="nonsense"), default=default) == default
    assert cron_of(Schedule(name="tick", cron="0 3 * * *"), default=default) == Cron.parse("0 3 * * *")


def test_an_unknown_schedule_is_told_which_there_are() -> None:
    assert schedule_named("prune") is ScheduleName.PRUNE
    with pytest.raises(WrongUse, match="'prunes': one of tick, compensation, sweep, prune, deliveries, alarms"):
        schedule_named("prunes")
