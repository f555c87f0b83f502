"""How the log is written: lines for people on a terminal, else one JSON object a line, always to standard error."""

import logging
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog

from mediaproc.core.safe_text import shown
from mediaproc.log_queue import LogQueue

# A log field that came from outside is cut here; a sentence is shorter, a log tail has its own place in the row.
_FIELD_LIMIT = 2_000
# Seconds that the end of a command waits for the log's reader.
_DRAIN_TIMEOUT = 2.0


@contextmanager
def writing(*, level: str, for_people: bool | None = None) -> Iterator[None]:
    """The command line logs inside this block, and all that it logged is written at its end, if the reader reads.

    `for_people` is whether standard error is a terminal unless it is given.
    """
    queue = LogQueue(sys.stderr, on_recovery=_tell_lost)
    _set_up(queue, level=level, for_people=for_people)
    try:
        yield
    finally:
        queue.drain(timeout=_DRAIN_TIMEOUT)


def be_quieter(*, level: str) -> None:
    """From here on nothing below `level`."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(level))


def _tell_lost(lines: int) -> None:
    get().warning("log_lines_lost", lines=lines, reason="the log's reader stalled or was gone, or its disk was full")


def _set_up(queue: LogQueue, *, level: str, for_people: bool | None) -> None:
    if for_people is None:
        for_people = sys.stderr is not None and sys.stderr.isatty()
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
        logger_factory=structlog.WriteLoggerFactory(file=queue),  # type: ignore[arg-type]  # of a stream it asks no more
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
