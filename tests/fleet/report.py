"""Prints what a scenario measured, a line for each figure; a goal stands beside its figure."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.fleet.site import Site, Window

_MEGABYTE = 1_000_000
# Waits of connections that are listed, the most frequent first.
_MOST_WAITS = 5


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One line: what it is, how much, and where there is one its goal."""

    name: str
    value: str
    goal: str = ""


def heading(name: str, sentence: str) -> None:
    print(f"\n{name}: {sentence}", flush=True)


def show(figures: Iterable[Figure]) -> None:
    for figure in figures:
        goal = f"   goal {figure.goal}" if figure.goal else ""
        print(f"  {figure.name:58} {figure.value:>14}{goal}", flush=True)


def at_most(figure: float, goal: float) -> str:
    """The goal, and whether the figure falls short of it."""
    return f"<= {goal:g}" + ("" if figure <= goal else ", falls short")


def costs(window: Window) -> list[Figure]:
    """What every window tells."""
    waits = ", ".join(f"{name} {count}" for name, count in window.waits.most_common(_MOST_WAITS))
    return [
        Figure(name="database, cores", value=f"{window.cores:.3f}"),
        Figure(name="statements a second", value=f"{window.statements / window.seconds:,.0f}"),
        Figure(name="WAL, MB a second", value=f"{window.wal / window.seconds / _MEGABYTE:.3f}"),
        Figure(name="connections, most at a time", value=f"{window.connections:,}"),
        Figure(name=f"what active connections did, {window.samples} looks", value=waits or "nothing"),
    ]


def latencies(window: Window) -> list[Figure]:
    """What executors saw, by the clock of the wall; a machine without a core to spare shows in it first."""
    figures = []
    for name in ("claim", "settle"):
        middle, slowest = window.percentile(name, 50), window.percentile(name, 99)
        if middle is not None and slowest is not None:
            figures.append(Figure(name=f"{name}, ms by the wall, p50 / p99", value=f"{middle:.1f} / {slowest:.1f}"))
    return figures


def events(window: Window, names: Iterable[str]) -> list[Figure]:
    """How often executors logged these."""
    return [Figure(name=f"logged {name}", value=f"{window.told.events[name]:,}") for name in names]


def of_tasks(site: Site, window: Window) -> list[Figure]:
    """What a window in which tasks were done tells of them."""
    settled = max(window.settled, 1)
    updates = window.written("media_process", "n_tup_upd")
    hot = window.written("media_process", "n_tup_hot_upd") / max(updates, 1)
    beats = window.written("media_executor", "n_tup_upd")
    return [
        Figure(name="tasks settled a second", value=f"{window.settled / window.seconds:,.1f}"),
        Figure(name="CPU of the database for each task, ms", value=f"{cpu_of_a_task(window):.3f}"),
        *_beyond_idle(site, window),
        Figure(name="WAL for each task, kB", value=f"{window.wal / settled / 1000:.1f}"),
        Figure(name="statements for each task", value=f"{window.statements / settled:.1f}"),
        Figure(name="updates of media_process for each task, HOT", value=f"{updates / settled:.1f}, {hot:.0%}"),
        Figure(name="signs of life a second", value=f"{beats / window.seconds:,.1f}"),
        Figure(name="tasks in processing, those claimed ahead too", value=f"{site.count_busy():,}"),
        Figure(name="memory of the server, MB", value=megabytes(site.observer.memory())),
    ]


def _beyond_idle(site: Site, window: Window) -> list[Figure]:
    """What the tasks cost without what the same fleet costs that has none, where that was measured before."""
    if site.idle_cores is None:
        return []
    own = 1000 * (window.cpu - site.idle_cores * window.seconds) / max(window.settled, 1)
    return [Figure(name="  of it beyond the idle fleet's, ms", value=f"{own:.3f}")]


def cpu_of_a_task(window: Window) -> float:
    """Milliseconds."""
    return 1000 * window.cpu / max(window.settled, 1)


def megabytes(size: float) -> str:
    return f"{size / _MEGABYTE:,.1f}"
