"""The bytes of a draft's timeline become a JSON document of bounded size, or a sentence says what they are instead."""

import json
import math
from collections.abc import Mapping
from typing import NoReturn

from mediaproc.core.draft import refusals
from mediaproc.core.draft.limits import DraftLimits
from mediaproc.core.errors import BadSource

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BLANKS = b" \t\r\n"


def parse_document(data: bytes, *, limits: DraftLimits) -> Mapping[str, object]:
    """The document.

    Raises:
        BadSource: the bytes are encrypted, damaged or too many.
    """
    if len(data) > limits.max_bytes:
        raise refusals.too_large(f"its timeline has more than {limits.max_bytes // 1024**2} MB of JSON")
    content = data.removeprefix(_BYTE_ORDER_MARK).lstrip(_BLANKS)
    if not content.strip(b"\0"):
        raise refusals.damaged("the file is empty")
    if content[:1] != b"{":
        raise refusals.encrypted()
    # Before it is read, since memory is taken for each value however short it is written.
    if sum(map(content.count, (b",", b"[", b"{"))) > limits.max_values:
        raise refusals.too_large(f"its timeline has more than {limits.max_values} values")
    return _parsed(content, limits=limits)


def parse_words(text: str) -> Mapping[str, object] | None:
    """The JSON that a draft keeps in a string, None where it is something else."""
    try:
        found = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError, BadSource):
        return None
    return found if isinstance(found, dict) else None


def _parsed(content: bytes, *, limits: DraftLimits) -> Mapping[str, object]:
    try:
        document = json.loads(content.decode(), parse_constant=_refuse_constant, parse_float=_finite)
    except UnicodeDecodeError:
        raise refusals.damaged("it is not text in UTF-8") from None
    except json.JSONDecodeError as error:
        raise refusals.damaged(f"its JSON ends or breaks off at line {error.lineno}") from None
    except RecursionError:
        raise _nested_too_deeply(limits) from None
    except ValueError:
        # Python reads no whole number of thousands of digits.
        raise refusals.malformed("it holds a number of thousands of digits") from None
    if not isinstance(document, dict):
        raise refusals.damaged("its JSON is no object")
    _refuse_deep_nesting(document, limits=limits)
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise refusals.malformed(f"it holds {name} in the place of a number")


def _finite(text: str) -> float:
    found = float(text)
    if not math.isfinite(found):
        raise refusals.malformed("it holds a number beyond all bounds")
    return found


def _refuse_deep_nesting(document: dict[str, object], *, limits: DraftLimits) -> None:
    level: list[object] = [document]
    for _ in range(limits.max_nesting):
        level = [part for value in level for part in _parts(value) if isinstance(part, dict | list)]
        if not level:
            return
    raise _nested_too_deeply(limits)


def _parts(value: object) -> list[object]:
    match value:
        case dict():
            return list(value.values())
        case list():
            return value
        case _:
            return []


def _nested_too_deeply(limits: DraftLimits) -> BadSource:
    return refusals.too_large(f"its timeline has lists and objects nested deeper than {limits.max_nesting}")
