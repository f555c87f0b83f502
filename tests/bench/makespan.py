"""How long one executor takes for a full queue, as a ratio to `xargs -P cores ffmpeg` with the same arguments.

Three queues: of films that must be encoded; with a third that is copied, against `xargs` that encodes all; and with the
store behind a slow link, against the same executor with a local folder. All kinds of runs take turns.
"""

import statistics
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from mediaproc.ffmpeg.tools import find_tools
from mediaproc.machine import usable_cpus
from tests.bench.executor_run import Run, run_until_idle, site_with
from tests.bench.films import Film, films_of_mixed_lengths
from tests.bench.goal import beside_goal
from tests.bench.raw_ffmpeg import encodes, xargs
from tests.bench.usage import Usage
from tests.parts.minio import running_minio
from tests.parts.postgres import running_postgres
from tests.parts.site import Site
from tests.parts.slow_link import slow_link

_GOAL, _GOAL_COPYING, _GOAL_FAR_STORE = 1.05, 0.75, 1.10
# Of so many films one is copied.
_COPIED = 3

_Taken = TypeVar("_Taken", bound=Usage)


@dataclass(frozen=True, kw_only=True)
class Round:
    """Each kind of run once."""

    ours: Run
    raw: Usage
    copying: Run
    raw_all: Usage
    far: Run


def bench(short: bool) -> int:
    """20 films of 8 to 30 s in 3 rounds (3 films of a second, one round, when short)."""
    rounds, films = (
        (1, films_of_mixed_lengths(3, shortest=0.6, longest=1.2, size=(160, 120)))
        if short
        else (3, films_of_mixed_lengths(20, shortest=8, longest=30, size=(768, 432)))
    )
    cores = usable_cpus()
    print(
        f"Makespan of {len(films)} films of {min(film.seconds for film in films):g} to"
        f" {max(film.seconds for film in films):g} s on {cores} cores, {rounds} rounds in turn",
        flush=True,
    )
    with tempfile.TemporaryDirectory() as name:
        measure(films, rounds=rounds, cores=cores, folder=Path(name))
    return 0


def measure(films: Sequence[Film], *, rounds: int, cores: int, folder: Path) -> None:
    """Makes the films and the sites, runs everything in turn, and reports."""
    tools = find_tools(ffmpeg=None, ffprobe=None)
    encoded, mixed = make_films(films, ffmpeg=tools.ffmpeg, folder=folder, cores=cores)
    raw = encodes(tools, sources=encoded, folder=folder / "raw", threads=1)
    chosen = encodes(tools, sources=encoded, folder=folder / "chosen", threads=0)
    raw_all = encodes(tools, sources=mixed, folder=folder / "raw_all", threads=1)
    with ExitStack() as stack:
        near, far = _sites(stack, near=dict.fromkeys([*encoded, *mixed]), far=encoded, folder=folder, cores=cores)
        log = folder / "executor.log"
        # Once: nobody's goal is set against it, and a full run costs most of a minute.
        by_ffmpeg = _told("xargs, threads by ffmpeg", lambda: xargs(chosen, cores=cores))
        taken = [
            Round(
                ours=_told("ours", lambda: run_until_idle(near, encoded, log=log)),
                raw=_told("xargs", lambda: xargs(raw, cores=cores)),
                copying=_told("ours, a third copied", lambda: run_until_idle(near, mixed, log=log)),
                raw_all=_told("xargs, all encoded", lambda: xargs(raw_all, cores=cores)),
                far=_told("ours, far store", lambda: run_until_idle(far, encoded, log=log)),
            )
            for _ in range(rounds)
        ]
    report(taken, by_ffmpeg=by_ffmpeg)


def make_films(
    films: Sequence[Film], *, ffmpeg: Path, folder: Path, cores: int
) -> tuple[Sequence[Path], Sequence[Path]]:
    """All of kinds that must be encoded; and the same films, with every third one of the kind that is copied."""
    with ThreadPoolExecutor(max_workers=cores) as pool:
        encoded = list(pool.map(lambda film: film.make(ffmpeg, folder=folder), films))
        mixed = list(encoded)
        mixed[1::_COPIED] = pool.map(lambda film: film.make(ffmpeg, folder=folder, is_copied=True), films[1::_COPIED])
    return encoded, mixed


def _sites(
    stack: ExitStack, *, near: Iterable[Path], far: Sequence[Path], folder: Path, cores: int
) -> tuple[Site, Site]:
    """One with a local folder as its store, and one with MinIO behind a slow link."""
    postgres = stack.enter_context(running_postgres())
    minio = stack.enter_context(running_minio(folder / "minio"))
    link = stack.enter_context(slow_link(minio.port))
    bucket = minio.make_bucket()
    local = folder / "store"
    local.mkdir()
    settings = {"slots": str(cores)}
    return (
        stack.enter_context(
            site_with(
                list(near), postgres=postgres, store_url=local.as_uri(), folder=folder / "near", settings=settings
            )
        ),
        stack.enter_context(
            site_with(
                far,
                postgres=postgres,
                store_url=minio.url(bucket),
                folder=folder / "far",
                # Only the executor is far from the store.
                settings={**settings, "store_url": minio.url(bucket, port=link.port)},
            )
        ),
    )


def _told(name: str, run: Callable[[], _Taken]) -> _Taken:
    taken = run()
    print(f"  {name:26} {taken.wall:7.2f} s, {taken.cpu:7.2f} s of CPU", flush=True)
    return taken


def report(rounds: Sequence[Round], *, by_ffmpeg: Usage) -> None:
    """Prints the medians of the ratios; `by_ffmpeg`: `xargs` with as many threads as ffmpeg chooses."""

    def ratio(name: str, of: Callable[[Round], float], *, goal: float | None = None) -> None:
        figure = statistics.median(map(of, rounds))
        print(f"  {name:62} {figure:5.2f} times" + ("" if goal is None else f", {beside_goal(figure, goal=goal)}"))

    ratio("from start to end / xargs", lambda one: one.ours.wall / one.raw.wall, goal=_GOAL)
    ratio("from first claim to last settle / xargs", lambda one: one.ours.working / one.raw.wall)
    ratio("CPU of all processes / xargs", lambda one: one.ours.cpu / one.raw.cpu)
    ratio("from start to end / xargs, threads by ffmpeg", lambda one: one.ours.wall / by_ffmpeg.wall)
    ratio(
        "a third copied: from start to end / xargs, all encoded",
        lambda one: one.copying.wall / one.raw_all.wall,
        goal=_GOAL_COPYING,
    )
    ratio(
        "MinIO behind 20 ms and 50 Mbit/s: from start to end / local",
        lambda one: one.far.wall / one.ours.wall,
        goal=_GOAL_FAR_STORE,
    )
