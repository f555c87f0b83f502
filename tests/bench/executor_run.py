"""One executor on a queue that is full when it starts, until the queue is empty: what a bench sets against `xargs`."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from mediaproc.db import engine as database
from tests.bench.takeover import DEFAULTS
from tests.bench.usage import Usage, measured
from tests.parts.postgres import PostgresServer
from tests.parts.settings import told
from tests.parts.site import Site, make_site

_TASKS = """
INSERT INTO media_process (file_id, profile, filename, bucket, object_key)
SELECT id, 'mp4', filename, bucket, object_key FROM unnest(CAST(:files AS text[])) WITH ORDINALITY AS asked (id, place)
JOIN media_files USING (id) ORDER BY place
"""
_COMPLETED = "SELECT count(*) FROM media_process_history WHERE outcome = 'completed'"
_SPAN = "SELECT extract(epoch FROM max(finished_at) - min(started_at)) FROM media_process_attempt"

# Seconds after which an executor that has not ended never will.
_LONGEST = 900.0


@dataclass(kw_only=True)
class Run(Usage):
    """From the start of the program to its end; `working`: seconds from the first claim to the last settle."""

    working: float


@contextmanager
def site_with(
    sources: Sequence[Path],
    *,
    postgres: PostgresServer,
    store_url: str,
    folder: Path,
    settings: Mapping[str, str],
) -> Iterator[Site]:
    """A site that has the sources, and no task; executors run with the default settings and those."""
    url = postgres.url(postgres.create_database())
    engine = database.connect(url)
    folder.mkdir(exist_ok=True)
    site = make_site(engine, database_url=url, store_url=store_url, folder=folder)
    site.enqueue(sources)
    insert_tasks(site, [])  # the tasks come with the runs
    site.settings.update({**DEFAULTS, **settings})
    try:
        yield site
    finally:
        engine.dispose()


def run_until_idle(site: Site, sources: Sequence[Path], *, log: Path) -> Run:
    """Makes one task of each source, in this order, and runs an executor until it has done them.

    Raises:
        RuntimeError: not all of them are completed.
    """
    insert_tasks(site, sources)
    with log.open("wb") as lines, measured() as whole:
        subprocess.run(
            [sys.executable, "-m", "mediaproc", "executor", "--until-idle"],
            env=told(site.settings),
            stdin=subprocess.DEVNULL,
            stderr=lines,
            check=True,
            timeout=_LONGEST,
        )
    completed = site.value(_COMPLETED)
    if completed != len(sources):
        raise RuntimeError(f"{completed} of {len(sources)} tasks were completed; the log is {log.read_text()[-4000:]}")
    return Run(wall=whole.wall, cpu=whole.cpu, working=float(site.value(_SPAN)))


def insert_tasks(site: Site, sources: Sequence[Path]) -> None:
    """One task of each source, in this order, and no trace of earlier ones."""
    ids = [hashlib.sha256(source.read_bytes()).hexdigest() for source in sources]
    with site.engine.begin() as connection:
        for table in ("media_process", "media_process_history", "media_process_attempt"):
            connection.exec_driver_sql(f"TRUNCATE {table}")
        connection.execute(text(_TASKS), {"files": ids})
