"""The long-running process of a watch: waits for its parts, looks until it is told to stop, ends in good order."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from structlog.typing import FilteringBoundLogger

from mediaproc import log
from mediaproc.app import make_enqueuer
from mediaproc.core.errors import WrongUse
from mediaproc.core.keys import folder_of_others
from mediaproc.core.profile import profile_named
from mediaproc.core.settling import Settling
from mediaproc.enqueue import Enqueuer
from mediaproc.parts import Parts
from mediaproc.scratch import Scratch
from mediaproc.signals import Stop
from mediaproc.startup import until_it_works
from mediaproc.watching.arrival_stream import ArrivalStream
from mediaproc.watching.bucket_watch import BucketWatch
from mediaproc.watching.folder_watch import FolderWatch
from mediaproc.watching.journal import opened_journal
from mediaproc.watching.looking import keep_looking
from mediaproc.watching.object_putting_away import ObjectPuttingAway, ObjectRemoval, move_under
from mediaproc.watching.putting_away import PuttingAway, Removal, move_to
from mediaproc.watching.taking import Asked, Record, Tell

# Seconds from one look into a folder to the next.
FOLDER_EVERY = 2.0


@dataclass(frozen=True, kw_only=True)
class Watched:
    """How a watch goes: seconds from look to look, and for which a file must stay as it is; where it goes then.

    `every` is None for what suits what is watched.
    """

    every: float | None
    quiet: float
    move_to: str | None = None
    removes: bool = False


def run_folder_watch(parts: Parts, *, folder: Path, asked: Asked, watched: Watched, tell: Tell, stop: Stop) -> None:
    """Enqueue each file of the folder once it has stopped growing, until `stop` is told.

    Raises:
        WrongUse: no such folder, or profile; or `move_to` will not do.
        PartMissing: something is not there that waiting cannot mend.
    """
    putting_away = _putting_away(folder, watched=watched)
    logger = log.get(watch=str(folder))
    every = FOLDER_EVERY if watched.every is None else watched.every
    with _started(parts, of=["folder", str(folder.resolve())], asked=asked, tell=tell, stop=stop, log=logger) as begun:
        if begun is None:
            return
        watch = FolderWatch(
            folder=folder,
            enqueuer=begun.enqueuer,
            asked=asked,
            record=begun.record,
            settling=Settling(quiet=watched.quiet),
            putting_away=putting_away,
            leave_out=None if watched.move_to is None else Path(watched.move_to),
        )
        logger.info("watching", every=every, quiet=watched.quiet)
        keep_looking(watch, every=every, stop=stop, log=logger)


def run_bucket_watch(parts: Parts, *, prefix: str, asked: Asked, watched: Watched, tell: Tell, stop: Stop) -> None:
    """Enqueue each object that others put under the prefix into the site's own bucket, until `stop` is told.

    Raises:
        WrongUse: no prefix of theirs, or no such profile; or `move_to` will not do.
        PartMissing: something is not there that waiting cannot mend.
    """
    prefix, store = folder_of_others(prefix), parts.store
    putting_away: ObjectPuttingAway | None = ObjectRemoval(store=store) if watched.removes else None
    if watched.move_to is not None:
        putting_away = move_under(watched.move_to, store=store, prefix=prefix)
    logger = log.get(watch=prefix)
    with _started(parts, of=["bucket", prefix], asked=asked, tell=tell, stop=stop, log=logger) as begun:
        if begun is None:
            return
        scratch = Scratch(parts.settings.scratch_folder.absolute(), executor_id=uuid4())
        stream = ArrivalStream(store, prefix=prefix, log=logger)
        try:
            scratch.sweep()
            stream.start()
            watch = BucketWatch(
                prefix,
                enqueuer=begun.enqueuer,
                asked=asked,
                record=begun.record,
                scratch=scratch,
                stream=stream,
                settling=Settling(quiet=watched.quiet),
                every=watched.every,
                putting_away=putting_away,
            )
            logger.info("watching", every=watched.every, quiet=watched.quiet)
            keep_looking(watch, every=0.0, stop=stop, log=logger, rest=watch.rest)
        finally:
            stream.end()
            scratch.close()


@dataclass(frozen=True, kw_only=True)
class _Begun:
    enqueuer: Enqueuer
    record: Record


@contextmanager
def _started(
    parts: Parts, *, of: list[str], asked: Asked, tell: Tell, stop: Stop, log: FilteringBoundLogger
) -> Iterator[_Begun | None]:
    """What every watch works with, once its parts have answered; None where `stop` was told before."""
    enqueuer = make_enqueuer(parts)
    for name in asked.profiles:
        profile_named(name, extra=enqueuer.extra)
    # Another site, another tenant, other profiles: what was taken for one is still to be taken for the other.
    database = parts.database.whereabouts if parts.settings.database_url is not None else ""
    words = [*of, ",".join(sorted(asked.profiles)), asked.tenant, database, repr(parts.store)]
    confinement = enqueuer.runner.describe()
    log.info("sandbox", isolated=confinement.isolated, meaning=confinement.sentence)
    with opened_journal(parts.settings.home / "watching", of=words) as journal:
        for step in (parts.require_schema, enqueuer.prepare_store):
            if not until_it_works(step, stop=stop, log=log):
                yield None
                return
        yield _Begun(enqueuer=enqueuer, record=Record(journal=journal, tell=tell, log=log))
        log.info("watch_ended")


def _putting_away(folder: Path, *, watched: Watched) -> PuttingAway | None:
    if not folder.is_dir():
        raise WrongUse(f"There is no folder {folder} to watch: make it, or name another.")
    if watched.move_to is not None:
        return move_to(Path(watched.move_to), folder=folder)
    return Removal(folder=folder) if watched.removes else None
