"""`mediaproc serve`: the page and the HTTP API, with all that they need on this machine."""

from importlib.util import find_spec
from typing import Annotated

import typer

from mediaproc.cli.exit_codes import ExitCode
from mediaproc.cli.options import ALL_SETTINGS, examples, with_settings
from mediaproc.config import Settings
from mediaproc.core.errors import PartMissing
from mediaproc.signals import Stop, on_signals

app = typer.Typer(add_completion=False)

_OF_THE_EXTRA = ("fastapi", "jinja2", "python_multipart", "uvicorn")


@app.command(
    epilog=examples(
        "mediaproc serve",
        "mediaproc serve --listen 127.0.0.1:9000 --no-executor",
        "mediaproc serve --prefix /media --web-hosts media.example.com --web-proxies 127.0.0.1",
    )
)
@with_settings(ALL_SETTINGS)
def serve(
    *,
    no_executor: Annotated[
        bool, typer.Option("--no-executor", help="Answer only; transcode nothing on this machine.")
    ] = False,
    settings: Settings,
) -> ExitCode:
    """Show the page and answer the HTTP API, until told to stop; transcode beside it.

    Prints a link that lets you in once, within ten minutes. Where MEDIAPROC_DATABASE_URL and MEDIAPROC_STORE_URL are
    both set, the executors of the site do the work: it only answers, and any number of it may stand behind a balancer.

    The first SIGTERM or Ctrl-C refuses further acts and lets the executor drain; a second one releases at once.
    """
    missing = [name for name in _OF_THE_EXTRA if find_spec(name) is None]
    if missing:
        raise PartMissing(f"The page needs {', '.join(missing)}: install mediaproc[web].")
    # Imported here, so that its help needs neither the extra nor the time.
    from mediaproc.serve import serving  # noqa: PLC0415

    is_own_site = settings.database_url is None or settings.store_url is None
    stop = Stop()
    with on_signals(stop):
        serving.serve(settings, with_executor=is_own_site and not no_executor, stop=stop, say=_say)
    return ExitCode.DONE


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - what the command is asked for
