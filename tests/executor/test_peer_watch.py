"""Whom an executor watches, and how often a dead one is told of: until it holds nothing any more."""

from collections.abc import Collection
from uuid import UUID, uuid4

from structlog.testing import capture_logs

from mediaproc import log
from mediaproc.core.failure_detector import GRACE, LOOK_AGAIN, LOOK_EVERY, Sighting
from mediaproc.db import peers
from mediaproc.executor.peer_watch import PeerWatch

DEAD, ALIVE, FAR = uuid4(), uuid4(), uuid4()
LOOKS_OF_THE_GRACE = 1 + round(GRACE / LOOK_AGAIN)


class Ring:
    """The locks of executors, and the clock by which somebody looks at them."""

    def __init__(self) -> None:
        self.locked = {DEAD: True, ALIVE: True}
        self.told: list[frozenset[UUID]] = []
        self.looked_at: list[frozenset[UUID]] = []
        self.now = 100.0
        self.living = 3

    def ring(self, *, count: int) -> peers.Ring:
        holding = [who for who, is_locked in self.locked.items() if is_locked]
        return peers.Ring(successors=frozenset(holding[:count]), living=self.living)

    def look(self, peers: Collection[UUID]) -> dict[UUID, Sighting]:
        self.looked_at.append(frozenset(peers))
        return {who: Sighting(holds_lock=self.locked[who], heartbeat=0) for who in peers}

    def tell_missing(self, executors: Collection[UUID]) -> None:
        self.told.append(frozenset(executors))

    def looks(self, watch: PeerWatch, count: int) -> None:
        for _ in range(count):
            watch.look(self)
            self.now += LOOK_AGAIN


def watch(ring: Ring, *, still_holding: list[frozenset[UUID]]) -> tuple[PeerWatch, list[frozenset[UUID]]]:
    """A watch, and the dead that it tells of."""
    told: list[frozenset[UUID]] = []

    def on_dead(dead: frozenset[UUID]) -> frozenset[UUID]:
        told.append(dead)
        return still_holding.pop(0)

    return PeerWatch(hold_off=60, on_dead=on_dead, log=log.get(), now=lambda: ring.now), told


def test_the_dead_are_told_again_until_they_hold_nothing() -> None:
    ring = Ring()
    peer_watch, told = watch(ring, still_holding=[frozenset({DEAD}), frozenset()])
    ring.looks(peer_watch, 1)
    ring.locked[DEAD] = False
    ring.looks(peer_watch, LOOKS_OF_THE_GRACE - 1)
    assert told == []
    with capture_logs() as lines:
        ring.looks(peer_watch, 4)
    assert told == [{DEAD}, {DEAD}]
    # The death is news once.
    assert [line["executors"] for line in lines if line["event"] == "executors_died"] == [str(DEAD)]


def test_a_lock_that_has_gone_is_told_to_all_once() -> None:
    ring = Ring()
    peer_watch, _ = watch(ring, still_holding=[frozenset()])
    ring.looks(peer_watch, 1)
    ring.locked[DEAD] = False
    ring.looks(peer_watch, 10)
    assert ring.told == [{DEAD}]


def test_what_was_told_of_is_not_told_again() -> None:
    ring = Ring()
    peer_watch, _ = watch(ring, still_holding=[frozenset()])
    ring.looks(peer_watch, 1)
    ring.locked[DEAD] = False
    peer_watch.told({DEAD})
    ring.looks(peer_watch, 10)
    assert ring.told == []


def test_who_vanishes_with_one_that_another_executor_watches_is_not_judged() -> None:
    ring = Ring()
    peer_watch, told = watch(ring, still_holding=[])
    ring.looks(peer_watch, 1)
    ring.locked[DEAD] = False
    ring.looks(peer_watch, 2)
    peer_watch.told({FAR})
    ring.looks(peer_watch, 10)
    assert told == []


def test_who_loses_its_lock_is_watched_on_when_others_follow_in_its_place() -> None:
    ring = Ring()
    peer_watch, told = watch(ring, still_holding=[frozenset()])
    ring.looks(peer_watch, 1)
    ring.locked = {FAR: True, DEAD: False, ALIVE: True}
    # The moment at which the successors are determined anew.
    ring.now += 60
    ring.looks(peer_watch, LOOKS_OF_THE_GRACE)
    assert told == [{DEAD}]
    ring.looks(peer_watch, 1)
    assert ring.looked_at[-1] == {FAR, ALIVE}


def test_after_a_lost_connection_nobody_is_told_of() -> None:
    ring = Ring()
    peer_watch, told = watch(ring, still_holding=[])
    ring.looks(peer_watch, 1)
    peer_watch.connection_lost()
    ring.locked[DEAD] = False
    ring.looks(peer_watch, 2 * LOOKS_OF_THE_GRACE)
    assert told == []


def test_of_a_large_fleet_each_looks_less_often_and_learns_that_it_shrinks() -> None:
    ring = Ring()
    ring.living = 1000
    peer_watch, _ = watch(ring, still_holding=[])
    assert peer_watch.look_every == LOOK_EVERY
    peer_watch.look(ring)
    assert (peer_watch.look_every, peer_watch.share) == (5, 0.1)
    ring.living = 3
    ring.now += 70
    peer_watch.look(ring)
    assert (peer_watch.look_every, peer_watch.share) == (LOOK_EVERY, 1)


def test_who_has_lost_its_connection_counts_on_no_others() -> None:
    ring = Ring()
    ring.living = 1000
    peer_watch, _ = watch(ring, still_holding=[])
    peer_watch.look(ring)
    peer_watch.connection_lost()
    assert (peer_watch.look_every, peer_watch.share) == (LOOK_EVERY, 1)
