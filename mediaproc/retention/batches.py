"""One batch after another, with a rest after each, so that those who work are hardly kept waiting."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from typing import Generic, TypeVar

from mediaproc import clock

# Seconds of rest for each second that a batch took: a tenth of one core is the most that a pass takes from others.
_REST = 9.0
_SHORTEST_REST, _LONGEST_REST = 0.005, 5.0
# How often it is asked whether the pass is still this process's to make.
_ASK_EVERY = 30.0

_Place = TypeVar("_Place")


@dataclass(frozen=True, kw_only=True)
class Batch(Generic[_Place]):
    """What a batch did, and from where the next one goes on; None when nothing is left."""

    done: int
    place: _Place | None


@dataclass(kw_only=True)
class Batches:
    """Runs batches until there are none, until `stop` is set, or until `may_go_on`, asked now and then, says no."""

    stop: Event = field(default_factory=Event)
    may_go_on: Callable[[], bool] = lambda: True
    asked_at: float = field(default_factory=clock.elapsed)
    is_over: bool = False

    def run(self, batch: Callable[[_Place | None], Batch[_Place]]) -> int:
        """How much all batches did together; each is told the place where the one before it ended."""
        done = 0
        place: _Place | None = None
        while self._goes_on():
            begun = clock.elapsed()
            made = batch(place)
            done += made.done
            if made.place is None:
                break
            place = made.place
            rest = _REST * (clock.elapsed() - begun)
            self.stop.wait(min(max(_SHORTEST_REST, rest), _LONGEST_REST))
        return done

    def _goes_on(self) -> bool:
        if not self.is_over and clock.elapsed() - self.asked_at > _ASK_EVERY:
            self.asked_at = clock.elapsed()
            self.is_over = not self.may_go_on()
        return not self.is_over and not self.stop.is_set()
