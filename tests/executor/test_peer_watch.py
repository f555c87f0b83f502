"""How often a dead executor is told of: until it holds nothing any more."""

from uuid import UUID, uuid4

from structlog.testing import capture_logs

from mediaproc import log
from mediaproc.core.failure_detector import GRACE, Sighting
from mediaproc.executor.peer_watch import PeerWatch

DEAD, ALIVE = uuid4(), uuid4()


def sightings(*, holds_lock: bool) -> dict[UUID, Sighting]:
    return {DEAD: Sighting(holds_lock=holds_lock, heartbeat=0), ALIVE: Sighting(holds_lock=True, heartbeat=0)}


def test_the_dead_are_told_again_until_they_hold_nothing() -> None:
    told: list[frozenset[UUID]] = []
    still_holding = [frozenset({DEAD}), frozenset[UUID]()]

    def on_dead(dead: frozenset[UUID]) -> frozenset[UUID]:
        told.append(dead)
        return still_holding.pop(0)

    peer_watch = PeerWatch(hold_off=60, on_dead=on_dead, log=log.get())
    peer_watch.look(100, sightings=sightings(holds_lock=True))
    peer_watch.look(101, sightings=sightings(holds_lock=False))
    assert told == []
    with capture_logs() as lines:
        for now in range(3):
            peer_watch.look(101 + GRACE + now, sightings=sightings(holds_lock=False))
    assert told == [{DEAD}, {DEAD}]
    # The death is news once.
    assert [line["executors"] for line in lines if line["event"] == "executors_died"] == [str(DEAD)]


def test_after_a_lost_connection_nobody_is_told_of() -> None:
    told: list[frozenset[UUID]] = []

    def on_dead(dead: frozenset[UUID]) -> frozenset[UUID]:
        told.append(dead)
        return frozenset()

    peer_watch = PeerWatch(hold_off=60, on_dead=on_dead, log=log.get())
    peer_watch.look(100, sightings=sightings(holds_lock=True))
    peer_watch.connection_lost(101)
    peer_watch.look(102, sightings=sightings(holds_lock=False))
    peer_watch.look(102 + GRACE, sightings=sightings(holds_lock=False))
    assert told == []
