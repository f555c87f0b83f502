"""The numbers of now: told by whoever has counted them, counted at a tick where nobody has, logged when they change."""

from structlog.testing import capture_logs

from mediaproc import log
from mediaproc.core.errors import ErrorClass, Unavailable
from mediaproc.core.shard import Shard
from mediaproc.executor.current_shard import CurrentShard


class Site:
    """What counting would show."""

    def __init__(self, shard: Shard = Shard.ALONE) -> None:
        self.shown = Shard(0, 2, is_auto=True)
        self.is_away = False
        self.counts = self.changes = 0
        self.current = CurrentShard(shard, count=self.count, on_change=self.change, log=log.get())

    def count(self) -> Shard:
        self.counts += 1
        if self.is_away:
            raise Unavailable("The database is away.", error_class=ErrorClass.DATABASE_UNAVAILABLE)
        return self.shown

    def change(self) -> None:
        self.changes += 1


def test_each_tick_counts_anew() -> None:
    site = Site()
    for index in (0, 1):
        site.shown = Shard(index, 3, is_auto=True)
        site.current.tick()
        assert site.current.now == site.shown
    assert (site.counts, site.changes) == (2, 2)


def test_a_tick_does_not_count_what_was_counted_since_the_latest_one() -> None:
    site = Site()
    site.current.tick()
    site.current.counted(Shard(1, 2, is_auto=True))
    site.current.tick()
    assert (site.counts, site.current.now) == (1, Shard(1, 2, is_auto=True))
    site.current.tick()
    assert (site.counts, site.current.now) == (2, site.shown)


def test_fixed_numbers_are_never_counted() -> None:
    site = Site(Shard(1, 3))
    site.current.tick()
    assert (site.counts, site.current.now) == (0, Shard(1, 3))


def test_without_the_database_the_numbers_stay() -> None:
    site = Site()
    site.current.begin(Shard(1, 2, is_auto=True))
    site.is_away = True
    site.current.tick()
    assert site.current.now == Shard(1, 2, is_auto=True)


def test_both_numbers_are_logged_once_when_they_change() -> None:
    site = Site()
    with capture_logs() as lines:
        for _ in range(3):
            site.current.tick()
    assert [(line["event"], line["before"], line["shard"]) for line in lines] == [
        ("shard_changed", "0/1 (auto)", "0/2 (auto)")
    ]
    assert site.changes == 1
