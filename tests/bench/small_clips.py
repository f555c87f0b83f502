"""The CPU that a short clip costs beyond its encode: in the executor itself, and in the other children of its attempt.

The encode alone is raw ffmpeg with the same arguments, in the same run and in turn with the executor. A film of half a
minute tells what of the executor's own CPU grows with the length.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from mediaproc.ffmpeg.tools import Tools, find_tools
from mediaproc.machine import usable_cpus
from tests.bench.executor_run import insert_tasks, site_with
from tests.bench.films import Film
from tests.bench.goal import beside_goal
from tests.bench.raw_ffmpeg import encodes, xargs
from tests.parts.clips import Clips
from tests.parts.executors import ExecutorProcess
from tests.parts.postgres import running_postgres
from tests.parts.site import Site

# Milliseconds of a clip; the part of a film's encode.
_GOAL_CHILDREN, _GOAL_OWN, _GOAL_OWN_PART = 200.0, 20.0, 0.01
# In so many turns.
_TURNS = 4


@dataclass(frozen=True, kw_only=True)
class Cost:
    """CPU seconds: of the executor's process, of its children, of the encodes alone."""

    own: float
    children: float
    encodes: float


def bench(short: bool) -> int:
    """200 clips of 0.2 s and a film of 30 s (4 clips, and a film of a second, when short)."""
    count, film = (
        (4, Film(seconds=1, size=(160, 120), seed=0)) if short else (200, Film(seconds=30, size=(640, 360), seed=0))
    )
    tools = find_tools(ffmpeg=None, ffprobe=None)
    with tempfile.TemporaryDirectory() as name, running_postgres() as postgres:
        folder = Path(name)
        clips = Clips(tools.ffmpeg, folder).make_many(count, seconds=0.2)
        films = [film.make(tools.ffmpeg, folder=folder)]
        store = folder / "store"
        store.mkdir()
        settings = {"slots": str(usable_cpus()), "cron": "* * * * * *"}
        with (
            site_with(
                [*clips, *films], postgres=postgres, store_url=store.as_uri(), folder=folder, settings=settings
            ) as site,
            ExecutorProcess(settings=site.settings) as executor,
        ):
            executor.wait_for(event="listening")
            measured = _Measured(site=site, executor=executor, tools=tools, folder=folder)
            turns = [measured.cost(clips[first::_TURNS]) for first in range(min(_TURNS, count))]
            report_clips(turns, count=count)
            report_film(measured.cost(films), seconds=film.seconds)
    return 0


class _Measured:
    """An executor that runs and has nothing to do between two measurements."""

    def __init__(self, *, site: Site, executor: ExecutorProcess, tools: Tools, folder: Path) -> None:
        self._site, self._executor = site, executor
        self._tools, self._folder = tools, folder
        self._completed = 0

    def cost(self, sources: Sequence[Path]) -> Cost:
        """Of the tasks of these sources, and then of their encodes alone."""
        raw = encodes(self._tools, sources=sources, folder=self._folder / "raw", threads=1)
        own, children = self._cpu()
        insert_tasks(self._site, sources)
        self._completed += len(sources)
        self._executor.wait_for(event="completed", count=self._completed)
        own_after, children_after = self._cpu()
        return Cost(
            own=own_after - own, children=children_after - children, encodes=xargs(raw, cores=usable_cpus()).cpu
        )

    def _cpu(self) -> tuple[float, float]:
        """CPU seconds so far: the executor's own, and those of the children that it has waited for."""
        times = psutil.Process(self._executor.pid).cpu_times()
        return times.user + times.system, times.children_user + times.children_system


def report_clips(turns: Sequence[Cost], *, count: int) -> None:
    """Prints milliseconds of CPU for one clip."""
    own, children, alone = (
        1000 * sum(getattr(turn, part) for turn in turns) / count for part in ("own", "children", "encodes")
    )
    more = children - alone
    print(f"CPU of a clip of 0.2 s, of {count} (milliseconds)")
    print(f"  its encode alone, by raw ffmpeg  {alone:7.1f}")
    print(f"  children beyond that             {more:7.1f}, {beside_goal(more, goal=_GOAL_CHILDREN)}")
    print(f"  the executor itself              {own:7.1f}, {beside_goal(own, goal=_GOAL_OWN)}")
    print(f"  all of it is {(own + children) / alone:.2f} times the encode alone")


def report_film(cost: Cost, *, seconds: float) -> None:
    """Prints what of a film's encode the executor itself costs."""
    part = cost.own / cost.encodes
    print(
        f"  a film of {seconds:g} s: the executor itself {1000 * cost.own:.0f} ms, {part:.4f} of its encode alone,"
        f" {beside_goal(part, goal=_GOAL_OWN_PART)}; all of it {(cost.own + cost.children) / cost.encodes:.2f} times"
    )
