"""`mediaproc transcode`: from files to files in one command."""

import os
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from mediaproc import app as composition
from mediaproc import daemon, log
from mediaproc.cli.enqueue import WANTED, Paths, Priority
from mediaproc.cli.exit_codes import NOTHING_ENQUEUED, ExitCode
from mediaproc.cli.json_output import print_json
from mediaproc.cli.options import Json, examples, with_settings
from mediaproc.cli.progress_bars import bars_are_shown, task_bars, upload_bar
from mediaproc.cli.result_folder import ResultFolder, result_folder
from mediaproc.cli.sandbox_warning import warn_of_weak_sandbox
from mediaproc.cli.source_paths import SourcePath, containing_folders, size_on_disk, source_paths
from mediaproc.cli.transcode_results import TranscodeResult, print_results, result_of
from mediaproc.config import Settings
from mediaproc.core.errors import AttemptFailed, PartMissing, Stopped, Unavailable, WrongUse
from mediaproc.core.shard import Shard
from mediaproc.db.views import tasks
from mediaproc.db.views.attempts import endings_of
from mediaproc.enqueue import Enqueued, enqueue_in_parallel
from mediaproc.parts import Parts, open_parts
from mediaproc.signals import Stop, on_signals

app = typer.Typer(add_completion=False)

# Seconds: the bars show the progress that the last heartbeat wrote to the database.
_HEARTBEAT_FOR_BARS = 1.0


@app.command(
    epilog=examples("mediaproc transcode old-videos --out mp4s", "mediaproc transcode a.avi b.wmv --out . --json")
)
@with_settings()
def transcode(
    *,
    paths: Paths,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the results go, under their sources' names.")],
    profile: Annotated[str | None, typer.Option(metavar="NAME", help=WANTED)] = None,
    priority: Priority = 0,
    json: Json = False,
    settings: Settings,
) -> ExitCode:
    """Make mp4s of films and of editors' drafts, here and now, and lay them into a folder.

    Needs nothing set up: without settings it brings its own database and store. What ended early goes on where it was
    when the same command is run again. Nothing that is in the folder already is ever replaced. A first Ctrl-C lets
    what runs finish, a second one stops at once.
    """
    _require_a_folder(out)
    sources = source_paths(paths, leave_out=out)
    if not sources:
        typer.echo("There is nothing to transcode: no file was named or found.", err=True)
        return NOTHING_ENQUEUED
    _refuse_a_folder_as_its_own_target(paths, out=out)
    settings = _for_one_run(settings)
    stop = Stop()
    connections = settings.slots + 8
    with (
        on_signals(stop),
        open_parts(settings, connections=connections) as parts,
        result_folder(out, store=parts.store, stop=stop.hurry) as folder,
    ):
        parts.require_schema()
        try:
            profiles = () if profile is None else (profile,)
            enqueued = _enqueue(parts, sources, profiles=profiles, priority=priority, stop=stop)
            left_alone = _run_executor(parts, enqueued, stop=stop)
            results = list(_save_results(parts, sources, enqueued, left_alone=left_alone, folder=folder))
        except Stopped:
            typer.echo("Stopped; run the same command again to go on.", err=True)
            return ExitCode.REFUSED
    if json:
        for result in results:
            print_json(result)
    else:
        print_results(results)
    if any(result.outcome == "pending" for result in results):
        typer.echo("Not everything is done; run the same command again to go on.", err=True)
    outcomes = {result.outcome for result in results}
    if "undelivered" in outcomes:
        return ExitCode.PART_MISSING
    return ExitCode.DONE if outcomes == {"completed"} else ExitCode.REFUSED


def _require_a_folder(out: Path) -> None:
    """Raises WrongUse where no folder can be made: a file has its name, or the name of a folder above it."""
    for place in (out, *out.parents):
        try:
            if place.is_dir():
                return
        except OSError as error:
            raise WrongUse(f"--out cannot be '{out}': it must be a folder ({error.strerror}).") from None
        if os.path.lexists(place):
            other = "that" if place == out else f"'{place}'"
            raise WrongUse(f"--out cannot be '{out}': it must be a folder, and {other} is none; name another one.")


def _refuse_a_folder_as_its_own_target(paths: Sequence[str], *, out: Path) -> None:
    # Path.is_dir raises for a name that is too long, of which `result_folder` tells.
    if any(os.path.isdir(out) and os.path.isdir(path) and out.samefile(path) for path in paths):  # noqa: PTH112
        raise WrongUse(
            f"{out} cannot be the folder of both sources and results, since a second run would take the one for the"
            f" other: name another one, such as --out {out / 'mp4s'}."
        )


def _for_one_run(settings: Settings) -> Settings:
    """The settings for this run: all shards, since it claims only its tasks; a fast heartbeat for bars; less log."""
    changed: dict[str, object] = {"shard": Shard(0, 1)}
    if bars_are_shown():
        changed["heartbeat"] = min(settings.heartbeat, _HEARTBEAT_FOR_BARS)
    if "log_level" not in settings.model_fields_set:
        log.be_quieter(level="error")
    return settings.model_copy(update=changed)


def _enqueue(
    parts: Parts, sources: Sequence[SourcePath], *, profiles: Sequence[str], priority: int, stop: Stop
) -> dict[Path, Enqueued]:
    enqueuer = composition.make_enqueuer(parts, decodes_alone=True)
    warn_of_weak_sandbox(enqueuer.runner)
    paths = [source.path for source in sources]
    with upload_bar(total=sum(map(size_on_disk, sources))) as bar:
        take_in = partial(
            enqueue_in_parallel,
            enqueuer,
            found_in=containing_folders(sources),
            profiles=profiles,
            priority=priority,
            stop=stop.drain,
        )
        taken = {enqueued.path: enqueued for enqueued in take_in(paths, on_bytes=bar.advance)}
        # A person who names a file again wants it done, although its task was cancelled.
        cancelled = [path for path, each in taken.items() if [task.state for task in each.tasks] == ["cancelled"]]
        return taken | {enqueued.path: enqueued for enqueued in take_in(cancelled, force=True)}


def _run_executor(parts: Parts, enqueued: dict[Path, Enqueued], *, stop: Stop) -> frozenset[int]:
    """Run an executor for these tasks until each is done or waits for a person.

    Returns the tasks of earlier runs that were so already before.
    """
    sizes: dict[int, int] = {}
    for path, each in enqueued.items():
        if each.task is not None:
            sizes[each.task] = size_on_disk(SourcePath(path=path, name=path))
    with parts.database.read() as connection:
        unfinished = tasks.unfinished(connection, ids=sizes)
    if unfinished and not stop.drain.is_set():
        with task_bars(parts.database, sizes=sizes) as say:
            daemon.run_executor(
                parts,
                stop=stop,
                until_idle=True,
                only=unfinished,
                only_profiles=sorted({task.profile for each in enqueued.values() for task in each.tasks}),
                on_drain=say,
                on_pause=say,
            )
    older = {each.task for each in enqueued.values() if each.task is not None and each.status == "duplicate"}
    return frozenset(older - unfinished)


def _save_results(
    parts: Parts,
    sources: Sequence[SourcePath],
    enqueued: dict[Path, Enqueued],
    *,
    left_alone: Collection[int],
    folder: ResultFolder,
) -> Iterator[TranscodeResult]:
    """The result of each source, with its rendition saved in the folder."""
    ids = {each.task for each in enqueued.values() if each.task is not None}
    with parts.database.read() as connection:
        lines = {line.id: line for line in tasks.tasks_named(connection, ids=ids)}
        endings = endings_of(connection, ids=ids)
    away: Unavailable | None = None
    for source in sources:
        each = enqueued[source.path]
        ending = endings.get(each.task or 0)
        tried = each.task not in left_alone
        result = result_of(source, each, line=lines.get(each.task or 0), ending=ending, tried=tried)
        try:
            if ending is not None and away is not None:
                # The store did not answer for an earlier result: do not wait for it again.
                raise away
            yield result if ending is None else result.with_output(folder.save(ending, name=source.name))
        except AttemptFailed as error:
            yield result.without_output("failed", error=str(error), error_class=error.error_class)
        except Unavailable as error:
            away = error
            yield result.without_output("undelivered", error=str(error), error_class=error.error_class)
        except PartMissing as error:
            yield result.without_output("undelivered", error=str(error), error_class=None)
