"""`mediaproc enqueue`: uploads files and inserts their tasks."""

from collections import Counter
from typing import Annotated, assert_never

import typer

from mediaproc import app as composition
from mediaproc.cli import enqueue_watch
from mediaproc.cli.enqueue_draft_urls import DraftUrls, enqueue_draft_urls
from mediaproc.cli.exit_codes import NOTHING_ENQUEUED, ExitCode
from mediaproc.cli.json_output import print_json
from mediaproc.cli.options import Json, examples, with_settings
from mediaproc.cli.progress_bars import upload_bar
from mediaproc.cli.sandbox_warning import warn_of_weak_sandbox
from mediaproc.cli.source_paths import containing_folders, size_on_disk, source_paths
from mediaproc.cli.tables import paragraph, terminal_width
from mediaproc.cli.task_details import task_summary
from mediaproc.config import Settings
from mediaproc.core.priority import HIGHEST_PRIORITY, LOWEST_PRIORITY
from mediaproc.core.profile import BUILT_IN, profile_names
from mediaproc.core.quantities import counted
from mediaproc.core.safe_text import cells, cut_middle, shown
from mediaproc.core.source_kind import DRAFT_PROFILE, FILM_PROFILE
from mediaproc.core.tenant import tenant_named
from mediaproc.db.database import Database
from mediaproc.db.views import tasks
from mediaproc.enqueue import Enqueued, enqueue_in_parallel
from mediaproc.parts import open_parts
from mediaproc.signals import Stop, on_signals
from mediaproc.watching.taking import Asked

app = typer.Typer(add_completion=False)

PROFILES = ", ".join(BUILT_IN)
WANTED = (
    f"What to make of each: {PROFILES}, or the site's own. Else {FILM_PROFILE}, and of an editor's draft"
    f" {DRAFT_PROFILE}."
)
_PATHS = "Files, folders, - for a list on standard input: one a line, or ended by NUL as `find -print0` does."
Paths = Annotated[list[str], typer.Argument(metavar="PATH", help=_PATHS)]
Profiles = Annotated[
    list[str],
    typer.Option("--profile", metavar="NAME,...", help=WANTED),
]
Priority = Annotated[
    int,
    typer.Option(
        min=LOWEST_PRIORITY,
        max=HIGHEST_PRIORITY,
        metavar="N",
        help=f"{LOWEST_PRIORITY} to {HIGHEST_PRIORITY}, higher first.",
    ),
]

# The settings that an enqueue reads.
_SETTINGS = (
    *(
        "database_url",
        "database_url_file",
        "store_url",
        "store_url_file",
        "home",
        "scratch",
        "ffmpeg",
        "ffprobe",
        "sandbox",
        "log_level",
    ),
    *("profiles", "fetch_hosts", "max_duration", "max_size", "max_side", "max_streams"),
)

# Cells of the status before a path; and the least cells of a path that a sentence may follow on the same line.
_LABEL, _LEAST_OF_A_PATH = 11, 40


@app.command(
    epilog=examples(
        "mediaproc enqueue uploads",
        "mediaproc enqueue --profile mp4,poster film.wmv",
        "mediaproc enqueue --tenant ann uploads/ann",
        "mediaproc enqueue my-draft my-other-draft.zip",
        "mediaproc enqueue --draft-url 'https://drafts.example.com/openapi/capcut-mate/v1/get_draft?draft_id=ID'",
        "find uploads -name '*.avi' -print0 | mediaproc enqueue --priority 10 --json -",
        "mediaproc enqueue --watch /srv/incoming --move-to /srv/taken",
        "mediaproc enqueue --watch-bucket incoming --remove",
    )
)
@with_settings(_SETTINGS)
def enqueue(  # noqa: PLR0913 - each is an option
    *,
    paths: Paths = [],  # noqa: B006 - typer copies it
    profile: Profiles = [],  # noqa: B006 - typer copies it
    priority: Priority = 0,
    tenant: Annotated[
        str, typer.Option("--tenant", metavar="T", help="Whose uploads these are: each tenant has its turn.")
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Make a finished file's task anew.")] = False,
    json: Json = False,
    draft_url: DraftUrls = [],  # noqa: B006 - typer copies it
    watch: enqueue_watch.Watch = None,
    watch_bucket: enqueue_watch.WatchBucket = None,
    move_to: enqueue_watch.MoveTo = None,
    remove: enqueue_watch.Remove = False,
    quiet: enqueue_watch.Quiet = enqueue_watch.QUIET,
    every: enqueue_watch.Every = None,
    settings: Settings,
) -> ExitCode:
    """Upload videos and have them made into mp4s by the executors.

    Folders are taken with all that is in them, but for hidden files and links; a link is followed only where it is
    itself a PATH. A folder that holds a draft of JianYing or CapCut is one upload, as is a zip of it, and becomes the
    video that it describes. The same bytes are one file and one task, however often they come. What is no video is
    refused with the reason, and the rest goes on.

    With --watch or --watch-bucket it stays, and takes what arrives, once; what it does is logged, and with --json each
    file is a line of standard output. The first SIGTERM or Ctrl-C lets the files under way come to their end; a second
    one stops at once.
    """
    tenant = tenant_named(tenant)
    if draft_url:
        return enqueue_draft_urls(
            draft_url,
            paths=[*paths, *filter(None, (watch, watch_bucket))],
            profiles=profile_names(profile),
            priority=priority,
            tenant=tenant,
            force=force,
            json=json,
            settings=settings,
        )
    watching = enqueue_watch.WatchOptions(
        folder=watch, prefix=watch_bucket, move_to=move_to, removes=remove, quiet=quiet, every=every
    )
    watching.require_sense(paths, force=force)
    if watching.is_given:
        asked = Asked(profiles=tuple(profile_names(profile)), priority=priority, tenant=tenant)
        tell = _say_to_programs if json else _say_nothing
        enqueue_watch.watch(watching, asked=asked, tell=tell, settings=settings)
        return ExitCode.DONE
    sources = source_paths(paths)
    if not sources:
        typer.echo("There is nothing to enqueue: no file was named or found.", err=True)
        return NOTHING_ENQUEUED
    stop = Stop()
    counts: Counter[str] = Counter()
    incomplete = False
    with on_signals(stop), open_parts(settings, connections=8) as parts:
        parts.require_schema()
        enqueuer = composition.make_enqueuer(parts)
        warn_of_weak_sandbox(enqueuer.runner)
        with upload_bar(total=sum(size_on_disk(source) for source in sources)) as bar:
            for enqueued in enqueue_in_parallel(
                enqueuer,
                [source.path for source in sources],
                found_in=containing_folders(sources),
                profiles=profile_names(profile),
                priority=priority,
                tenant=tenant,
                force=force,
                stop=stop.drain,
                on_bytes=bar.advance,
            ):
                counts[enqueued.status] += 1
                incomplete = incomplete or enqueued.error is not None
                with bar.hidden():
                    if json:
                        _say_to_programs(str(enqueued.path), enqueued)
                    else:
                        _say(enqueued, database=parts.database)
    if not json:
        counted_each = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
        typer.echo(f"{counted(len(sources), 'file')}: {counted_each}.")
    return ExitCode.REFUSED if incomplete else ExitCode.DONE


def _say_nothing(_path: str, _enqueued: Enqueued) -> None:
    """A daemon's log tells it."""


def _say_to_programs(path: str, enqueued: Enqueued) -> None:
    print_json(
        {
            "path": path,
            "status": enqueued.status,
            "file": enqueued.file,
            "task": enqueued.task,
            "error": enqueued.error,
            "error_class": enqueued.error_class,
        }
    )


def _say(enqueued: Enqueued, *, database: Database) -> None:
    match enqueued.status:
        case "enqueued":
            typer.echo(_line(enqueued, f"task {enqueued.task}"))
            if enqueued.error:
                sentence = shown(enqueued.error)
                typer.echo(paragraph(sentence, width=terminal_width(err=True), indent=" " * _LABEL), err=True)
        case "duplicate":
            typer.echo(_line(enqueued, _standing(enqueued, database=database)))
        case "refused":
            typer.echo(_line(enqueued, shown(enqueued.error or "")), err=True)
        case _:
            assert_never(enqueued.status)


def _line(enqueued: Enqueued, sentence: str) -> str:
    """Status, path and sentence on one line; in a narrow terminal the path loses its middle, or there are two lines."""
    label, path, width = f"{enqueued.status:<{_LABEL}}", shown(str(enqueued.path)), terminal_width()
    room = cells(path) if width is None else width - _LABEL - cells(sentence) - len(": ")
    if room >= min(cells(path), _LEAST_OF_A_PATH):
        return f"{label}{cut_middle(path, width=room)}: {sentence}"
    path = cut_middle(path, width=(width or 0) - _LABEL)
    return f"{label}{path}\n{paragraph(sentence, width=width, indent=' ' * _LABEL)}"


def _standing(enqueued: Enqueued, *, database: Database) -> str:
    """The status of the tasks that these bytes have already; to enqueue them again made none of them due."""
    with database.read() as connection:
        lines = tasks.tasks_named(connection, ids=[task.id for task in enqueued.tasks])
    return " ".join(task_summary(line) for line in lines)
