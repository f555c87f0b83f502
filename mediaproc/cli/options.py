"""The settings as options: made from the fields of `config.Settings`, so that none is forgotten."""

import functools
import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from mediaproc import log
from mediaproc.config import PREFIX, Settings, load_settings, variable_warnings
from mediaproc.core.safe_text import shown

# The settings of commands that use only the database.
DATABASE_SETTINGS = ("database_url", "database_url_file", "home", "log_level")
# Those of the page, beside what a node needs for its tasks.
WEB_SETTINGS = ("listen", "prefix", "web_hosts", "web_proxies", "capcut_mate")
ALL_SETTINGS = tuple(Settings.model_fields)
NODE_SETTINGS = tuple(name for name in ALL_SETTINGS if name not in WEB_SETTINGS)
_PANEL = "Settings (option before environment before file)"

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")]


def examples(*commands: str, before: str = "") -> str:
    """The last part of a command's help: `before`, then each example on a line of its own."""
    return "\n\n".join([before, "Examples:", *(f"  {command}" for command in commands)]).strip()


def with_settings(names: Iterable[str] = NODE_SETTINGS) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Give a command with a parameter `settings` an option for each of these settings, and `--config`."""
    chosen = tuple(names)

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        own = inspect.signature(command, eval_str=True)

        @functools.wraps(command)
        def with_options(**given: Any) -> int:  # noqa: ANN401 - the values that typer parsed
            options = {name: given.pop(name) for name in chosen}
            settings = load_settings(given.pop("config"), **options)
            for warning in variable_warnings(settings):
                typer.echo(f"mediaproc: warning: {shown(warning)}", err=True)
            with log.writing(level=settings.log_level):
                return command(settings=settings, **given)

        parameters = [each for each in own.parameters.values() if each.name != "settings"]
        parameters += [_option(name) for name in chosen]
        parameters.append(_parameter("config", _CONFIG, Path | None))
        with_options.__doc__ = _paragraphs(command.__doc__)
        # Typer reads both: the signature for the options, the annotations for their types.
        with_options.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
        with_options.__annotations__ = {each.name: each.annotation for each in parameters}
        return with_options

    return decorate


_CONFIG = typer.Option(
    "--config",
    metavar="FILE",
    help=f"A TOML file with settings, named as the options with _ for -. [{PREFIX}CONFIG]",
    rich_help_panel=_PANEL,
    show_default=False,
)


def _option(name: str) -> inspect.Parameter:
    field = Settings.model_fields[name]
    option = typer.Option(
        f"--{name.replace('_', '-')}",
        metavar=_metavar(name),
        help=f"{_plain(field.description)}. [{PREFIX}{name.upper()}]",
        rich_help_panel=_PANEL,
        show_default=False,
    )
    # A text for every field: the settings parse it, so that option and environment get the same error sentences.
    return _parameter(name, option, str | None)


def _parameter(name: str, option: Any, kind: Any) -> inspect.Parameter:  # noqa: ANN401 - as typer has them
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind, option])


def _metavar(name: str) -> str:
    words = {"database_url": "URL", "store_url": "URL", "home": "DIR", "scratch": "DIR", "shard": "INDEX/TOTAL|auto"}
    words |= {"database_url_file": "FILE", "store_url_file": "FILE"}
    words |= dict.fromkeys(("cron", "compensate_cron", "sweep_cron", "prune_cron"), "EXPR")
    words |= {"deliveries_cron": "EXPR", "alarms_cron": "EXPR", "slots": "N", "ffmpeg": "FILE", "ffprobe": "FILE"}
    words |= {"sandbox": "MODE", "log_level": "LEVEL", "profiles": "FILE", "max_size": "BYTES", "max_side": "PIXELS"}
    words |= {"metrics": "HOST:PORT"}
    words |= {"max_streams": "N", "accept_salvaged": "YES|NO", "minimum_readable": "FRACTION"}
    words |= {"webhook_hosts": "HOST,...", "fetch_hosts": "HOST,...", "alarm_exhausted": "N"}
    words |= {"listen": "HOST:PORT", "prefix": "PATH", "web_hosts": "HOST,...", "web_proxies": "ADDRESS,..."}
    words |= {"capcut_mate": "off|token|open"}
    return words.get(name, "SECONDS")


def _plain(description: str | None) -> str:
    text = description or ""
    # A description that begins with a literal keeps its case.
    begun = text if text.startswith("`") else text[:1].upper() + text[1:]
    return begun.replace("`", "")


def _paragraphs(docstring: str | None) -> str:
    """Each paragraph as one line, which the help breaks at the terminal's width."""
    text = inspect.cleandoc(docstring or "")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
