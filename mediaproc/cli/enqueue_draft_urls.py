"""`mediaproc enqueue --draft-url`: has drafts brought that lie at URLs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from mediaproc.app import draft_hosts
from mediaproc.cli.exit_codes import ExitCode
from mediaproc.cli.json_output import print_json
from mediaproc.config import Settings
from mediaproc.core.errors import WrongUse
from mediaproc.core.outbound_url import shown_url
from mediaproc.core.profile import DRAFT_FETCH
from mediaproc.core.safe_text import shown
from mediaproc.enqueue.draft_urls import enqueue_draft_url
from mediaproc.parts import Parts, open_parts
from mediaproc.signals import Stop, on_signals

DraftUrls = Annotated[
    list[str],
    typer.Option(
        "--draft-url",
        metavar="URL",
        help="A draft that lies there is brought by an executor whose MEDIAPROC_FETCH_HOSTS lists the host, and drawn.",
    ),
]


def enqueue_draft_urls(
    urls: Sequence[str],
    *,
    paths: Sequence[str | Path],
    profiles: Sequence[str],
    priority: int,
    tenant: str,
    force: bool,
    json: bool,
    settings: Settings,
) -> ExitCode:
    """A task for each URL, or a line that says why not.

    Raises:
        WrongUse: paths or profiles were given beside them.
        Unavailable, PartMissing: database or store.
    """
    if paths or set(profiles) - {DRAFT_FETCH}:
        raise WrongUse("--draft-url stands alone: give files and their profiles to another enqueue.")
    stop, refused = Stop(), False
    with on_signals(stop), open_parts(settings) as parts:
        parts.require_schema()
        for url in urls:
            line = _enqueued(url, parts=parts, priority=priority, tenant=tenant, force=force, stop=stop)
            refused = refused or line["error"] is not None
            if json:
                print_json(line)
            else:
                said = line["error"] or f"task {line['task']}"
                typer.echo(f"{line['status']:<11}{shown(shown_url(url))}: {said}", err=line["error"] is not None)
    return ExitCode.REFUSED if refused else ExitCode.DONE


def _enqueued(url: str, *, parts: Parts, priority: int, tenant: str, force: bool, stop: Stop) -> dict[str, object]:
    """What became of one, as `enqueue --json` tells it."""
    try:
        task = enqueue_draft_url(
            url,
            database=parts.database,
            store=parts.store,
            hosts=draft_hosts(parts.settings),
            priority=priority,
            tenant=tenant,
            force=force,
            stop=stop.drain,
        )
    except WrongUse as error:
        return _line(url, "refused", error=str(error))
    return _line(url, "enqueued" if task.is_new else "duplicate", task=task.id)


def _line(url: str, status: str, *, task: int | None = None, error: str | None = None) -> dict[str, object]:
    kind = "draft_url_refused" if error else None
    return {"path": url, "status": status, "file": None, "task": task, "error": error, "error_class": kind}
