"""How long a server waits for its executor at the end."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from mediaproc import clock
from mediaproc.serve import serving
from mediaproc.serve.serving import wait_for
from mediaproc.signals import Stop


@dataclass
class Child:
    """An executor that ends only as it is told here; time is what it is waited for."""

    ends_when: Callable[["Child"], bool]
    now: float = 0.0
    told: list[str] = field(default_factory=list)

    def has_ended(self, *, within: float) -> bool:
        if not self.ends_when(self):
            self.now += within
        return self.ends_when(self)

    def tell(self) -> None:
        self.told.append("tell")

    def kill(self) -> None:
        self.told.append("kill")


def waited(monkeypatch: pytest.MonkeyPatch, child: Child, *, patience: float, hurry: bool) -> float:
    """Seconds until it was waited for no more."""
    monkeypatch.setattr(clock, "elapsed", lambda: child.now)
    stop = Stop()
    stop.tell()
    if hurry:
        stop.tell()
    wait_for(child, patience=patience, stop=stop)
    return child.now


def test_one_that_drains_has_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    child = Child(ends_when=lambda child: child.now >= 1000)
    assert waited(monkeypatch, child, patience=3600, hurry=False) == pytest.approx(1000, abs=0.5)
    assert child.told == []


@pytest.mark.parametrize(("patience", "hurry", "at"), [(50, False, 50), (3600, True, 20), (5, True, 5)])
def test_one_that_does_not_end_is_killed_and_sooner_when_told_to_hurry(
    *, monkeypatch: pytest.MonkeyPatch, patience: float, hurry: bool, at: float
) -> None:
    assert serving.DRAIN_PATIENCE == 20
    child = Child(ends_when=lambda child: "kill" in child.told)
    assert waited(monkeypatch, child, patience=patience, hurry=hurry) == pytest.approx(at, abs=0.5)
    assert child.told == [*(["tell"] if hurry else []), "kill"]
