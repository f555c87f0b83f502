"""The form in JSON that every answer has, on the command line and over HTTP."""

import dataclasses
import json
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID


def json_text(answer: object) -> str:
    """The answer as JSON on one line: times as RFC 3339, durations as seconds, the fields of dataclasses by name.

    It is all ASCII, so that no name in it can control a terminal.
    """
    return json.dumps(answer, ensure_ascii=True, default=_plain)


def _plain(value: object) -> object:
    """A value that JSON has no form for, as one that it has."""
    match value:
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case timedelta():
            return round(value.total_seconds(), 3)
        case Decimal():
            return float(value)
        case UUID() | Path():
            return str(value)
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    raise TypeError(f"{type(value).__name__} has no form in JSON")
