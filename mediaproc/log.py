"""How the log is written: lines for people on a terminal, else one JSON object a line, always to standard error."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from mediaproc.core.text import shown

# A log field that came from outside is cut here; a sentence is shorter, a log tail has its own place in the row.
_FIELD_LIMIT = 2_000


def set_up(*, level: str, for_people: bool | None = None) -> None:
    """Called once by the command line; `for_people` is whether standard error is a terminal unless it is given."""
    if for_people is None:
        for_people = sys.stderr.isatty()
    renderer: Any = (
        structlog.dev.ConsoleRenderer(pad_event_to=16, exception_formatter=structlog.dev.plain_traceback)
        if for_people
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            structlog.processors.format_exc_info if not for_people else _leave,
            _escaped,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # The stream is looked up here and once: nothing at import, and nothing that a test's capture would close.
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    # Libraries: only what they find worth a warning, in the same stream and form.
    logging.basicConfig(handlers=[_ToStructlog()], level=logging.WARNING, force=True)


def get(**fields: object) -> structlog.typing.FilteringBoundLogger:
    """A logger whose every line carries `fields`."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(**fields)
    return logger


class _ToStructlog(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        # APScheduler reports a discarded tick here; the schedule counts and logs it itself.
        if not record.name.startswith("apscheduler"):
            get(library=record.name).warning("library_warned", message=record.getMessage())


def _leave(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return event


def _escaped(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Text from outside may hold control and direction characters: they are shown, never sent."""
    for name, value in event.items():
        if name in {"exc_info", "exception"} or value is None or isinstance(value, bool | int | float):
            continue
        event[name] = shown(value if isinstance(value, str | bytes) else str(value), limit=_FIELD_LIMIT)
    return event
