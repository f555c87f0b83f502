"""How long the handbook's way takes for films of mixed lengths, as a ratio to one executor's time for the same.

The handbook's way is a script of 30 lines (`handbook_way.py`) with the same ffmpeg; it has no sandbox and no checks.
"""

import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import psycopg

from mediaproc.ffmpeg.tools import find_tools
from mediaproc.machine import usable_cpus
from tests.bench.executor_run import run_until_idle, site_with
from tests.bench.films import films_of_mixed_lengths
from tests.bench.handbook_way import TABLE
from tests.bench.raw_ffmpeg import encodes
from tests.bench.usage import Usage, measured
from tests.parts.postgres import running_postgres


def bench(short: bool) -> int:
    """12 films of 2 to 20 s (3 films of a second when short), once each way."""
    films = (
        films_of_mixed_lengths(3, shortest=0.6, longest=1.2, size=(160, 120))
        if short
        else films_of_mixed_lengths(12, shortest=2, longest=20, size=(640, 360))
    )
    tools, cores = find_tools(ffmpeg=None, ffprobe=None), usable_cpus()
    with tempfile.TemporaryDirectory() as name, running_postgres() as postgres:
        folder = Path(name)
        sources = [film.make(tools.ffmpeg, folder=folder) for film in films]
        commands = encodes(tools, sources=sources, folder=folder / "raw", threads=1)
        store = folder / "store"
        store.mkdir()
        settings = {"slots": str(cores)}
        with site_with(sources, postgres=postgres, store_url=store.as_uri(), folder=folder, settings=settings) as site:
            ours = run_until_idle(site, sources, log=folder / "executor.log")
        theirs = work_off(commands, url=postgres.url(postgres.create_database(migrated=False)), batch=cores)
    print(f"The handbook's way with {len(films)} films of mixed lengths, batches of {cores}, a tick each 5 s")
    print(f"  it took {theirs.wall:.1f} s, one executor {ours.wall:.1f} s: {theirs.wall / ours.wall:.2f} times ours")
    return 0


def work_off(commands: Sequence[Sequence[str]], *, url: str, batch: int) -> Usage:
    """What the script takes for all the commands, from the start of its program to its end."""
    rows = [(number, shlex.join(command)) for number, command in enumerate(commands)]
    with psycopg.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(TABLE)
        cursor.executemany("INSERT INTO handbook (id, command) VALUES (%s, %s)", rows)
    with measured() as usage:
        subprocess.run([sys.executable, "-m", "tests.bench.handbook_way", url, str(batch)], check=True)
    return usage
