"""Errors as problems of RFC 9457.

A handler may raise any of the errors of `core/errors.py`, or a Problem where only HTTP has a name for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from mediaproc.core.errors import ErrorClass, MediaprocError, NotThere, PartMissing, Unavailable, WrongUse
from mediaproc.core.safe_text import shown
from mediaproc.enqueue.resumable import Refusal, UploadRefused

MEDIA_TYPE = "application/problem+json"
# Seconds after which a client may ask again while the database or the store is away.
RETRY_AFTER = "5"


@dataclass(frozen=True)
class _Kind:
    status: int
    slug: str
    title: str


class ProblemKind(_Kind, Enum):
    """The closed list of problems; `slug` ends the problem's `type`, which stays."""

    MALFORMED = (400, "malformed", "The request cannot be read")
    NOT_LOGGED_IN = (401, "not-logged-in", "You are not logged in")
    FORBIDDEN = (403, "forbidden", "The rights are not enough")
    FOREIGN_ORIGIN = (403, "foreign-origin", "Another site made the request")
    NOT_FOUND = (404, "not-found", "It is not there")
    METHOD_NOT_ALLOWED = (405, "method-not-allowed", "That cannot be done here")
    TIMED_OUT = (408, "timed-out", "The request stopped coming")
    TOO_LATE = (409, "too-late", "It is too late for that")
    CONFLICT = (409, "conflict", "It conflicts with what is there")
    GONE = (410, "gone", "It is gone")
    CHANGED = (412, "changed", "It was changed meanwhile")
    TOO_LARGE = (413, "too-large", "It is too large")
    WRONG_HOST = (421, "wrong-host", "The name of this server is not known")
    INVALID = (422, "invalid", "A value is not allowed")
    LOCKED = (423, "locked", "Somebody else is writing it")
    TOO_MANY_REQUESTS = (429, "too-many-requests", "Too many requests")
    BUG = (500, "bug", "The server failed")
    UNAVAILABLE = (503, "unavailable", "A part does not answer")
    PART_MISSING = (503, "part-missing", "A part is missing")
    DISK_FULL = (507, "disk-full", "A disk is full")


class Problem(HTTPException):
    """What is wrong with a request; `detail` is one sentence, `errors` tells of single fields.

    It is an HTTPException, since FastAPI lets no other error out of the reading of a body.
    """

    def __init__(
        self,
        kind: ProblemKind,
        detail: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(kind.status, detail, headers)
        self.kind = kind
        self.errors = errors

    def document(self, *, prefix: str) -> dict[str, Any]:
        """The members of the problem."""
        members: dict[str, Any] = {
            "type": f"{prefix}/problems/{self.kind.slug}",
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
        }
        return members | ({"errors": list(self.errors)} if self.errors else {})


def not_found(sentence: str) -> Problem:
    """What is asked for is not there, or is another tenant's."""
    return Problem(ProblemKind.NOT_FOUND, sentence)


_OF_UPLOADS: Mapping[Refusal, ProblemKind] = {
    Refusal.NOT_THERE: ProblemKind.NOT_FOUND,
    Refusal.GONE: ProblemKind.GONE,
    Refusal.BUSY: ProblemKind.LOCKED,
    Refusal.WRONG_OFFSET: ProblemKind.CONFLICT,
    Refusal.TOO_LARGE: ProblemKind.TOO_LARGE,
    Refusal.EMPTY: ProblemKind.INVALID,
    Refusal.NO_LINKS: ProblemKind.CONFLICT,
}

# In order: an error is of the first kind whose class it is of.
_OF_CORE = (
    (NotThere, ProblemKind.NOT_FOUND),
    (WrongUse, ProblemKind.MALFORMED),
    (Unavailable, ProblemKind.UNAVAILABLE),
    (PartMissing, ProblemKind.PART_MISSING),
    (MediaprocError, ProblemKind.CONFLICT),
)


def problem_of(error: Exception) -> Problem:
    """The problem that an error is to whoever made the request."""
    match error:
        case Problem():
            return error
        case RequestValidationError():
            return _invalid(error)
        case HTTPException():
            return _of_http(error)
        case MediaprocError():
            return _of_core(error)
        case ClientDisconnect():
            # Nobody reads it.
            return Problem(ProblemKind.TIMED_OUT, "The client went away before all had come.")
    return Problem(ProblemKind.BUG, "The server failed over this request, which is a bug: its log tells more.")


def _of_core(error: MediaprocError) -> Problem:
    if isinstance(error, Unavailable) and error.error_class is ErrorClass.DISK_FULL:
        return Problem(ProblemKind.DISK_FULL, str(error))
    if isinstance(error, UploadRefused):
        return Problem(_OF_UPLOADS[error.refusal], str(error))
    kind = next(kind for base, kind in _OF_CORE if isinstance(error, base))
    passes = kind in (ProblemKind.UNAVAILABLE, ProblemKind.PART_MISSING)
    return Problem(kind, str(error), headers={"Retry-After": RETRY_AFTER} if passes else None)


def _invalid(error: RequestValidationError) -> Problem:
    errors = [_field_error(each) for each in error.errors()]
    return Problem(ProblemKind.INVALID, f"{errors[0]['field']}: {errors[0]['detail']}.", errors=errors)


def _field_error(error: Mapping[str, Any]) -> Mapping[str, str]:
    place, reason = error["loc"], shown(str(error["msg"]), limit=200)
    if error["type"] == "json_invalid":
        mistake = shown(str(error.get("ctx", {}).get("error", "")), limit=200)
        place, reason = place[:1], f"it is no JSON: {mistake} at character {place[-1]}"
    elif place == ("body",):
        # Most often the client said nothing of its type, or that it is a form.
        reason = "a JSON object is needed, sent with Content-Type: application/json"
    return {"field": ".".join(map(str, place)), "detail": reason}


def _of_http(error: HTTPException) -> Problem:
    sentences = {
        404: (ProblemKind.NOT_FOUND, "There is nothing under this address."),
        405: (ProblemKind.METHOD_NOT_ALLOWED, "This address does not take that method."),
    }
    kind, sentence = sentences.get(error.status_code, (ProblemKind.MALFORMED, _reason(error)))
    return Problem(kind, sentence, headers=error.headers)


def _reason(error: HTTPException) -> str:
    return f"The request cannot be read: {shown(str(error.detail or HTTPStatus(error.status_code).phrase), limit=200)}."
