"""Names the failures of MinIO and of the network to it: one sentence each, and by whose fault it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import minio.time
from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)

from mediaproc.core.errors import ErrorClass, PartMissing, Unavailable

_SETTING = "MEDIAPROC_STORE_URL"

# S3's code of a refusal, and the end of our sentence. Only a person can mend these.
_REFUSALS = {
    "InvalidAccessKeyId": f"it does not know the access key in {_SETTING}: correct it",
    "SignatureDoesNotMatch": f"the secret in {_SETTING} is wrong: correct it",
    "AccessDenied": f"the access key in {_SETTING} has not the right to do that: grant it, or use another key",
    "AllAccessDisabled": f"the access key in {_SETTING} is disabled: enable it, or use another key",
    "NoSuchBucket": f"the bucket is not there: create it, or correct {_SETTING}",
}

# Codes of a server that answers and will take the same request later. A wrong checksum is the network's fault: the
# bytes were checked before they were sent.
_PASSING = {
    "BadDigest",
    "IncompleteBody",
    "InternalError",
    "InvalidPart",
    "OperationAborted",
    "RequestTimeout",
    "ServiceUnavailable",
    "SlowDown",
    "SlowDownRead",
    "SlowDownWrite",
    "XAmzContentSHA256Mismatch",
    "XMinioServerNotInitialized",
}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One failure, named: the sentence, its class, and whether waiting can mend it."""

    sentence: str
    error_class: ErrorClass = ErrorClass.STORE_UNAVAILABLE
    mends_itself: bool = True

    def for_a_task(self) -> Unavailable:
        """The exception while a task runs: a refusal of the store is never the task's fault."""
        return Unavailable(self.sentence, error_class=self.error_class)

    def for_a_person(self) -> Unavailable | PartMissing:
        """The exception of a check: PartMissing where a person must mend the fault."""
        return self.for_a_task() if self.mends_itself else PartMissing(self.sentence)


def name_fault(error: Exception, *, store: str) -> Fault | None:
    """The fault behind this error, None where it is not the store's; `store` is the address, for the sentence."""
    match error:
        case S3Error():
            return _of_answer(error, store=store)
        case ServerError(status_code=status):
            return _of_status(status, store=store)
        case InvalidResponseError():
            return _of_foreign_answer(error, store=store)
        case HTTPError():
            return _of_connection(error, store=store)
        case _:
            return None


@contextmanager
def translated(*, store: str) -> Iterator[None]:
    """The store's errors inside become Unavailable; an error without a name here passes through, as a bug."""
    try:
        yield
    except (MinioException, HTTPError) as error:
        fault = name_fault(error, store=store)
        if fault is None:
            raise
        raise fault.for_a_task() from error


def _of_answer(error: S3Error, *, store: str) -> Fault | None:
    code = error.code or ""
    if code == "RequestTimeTooSkewed":
        return Fault(sentence=_skew_sentence(error, store=store), error_class=ErrorClass.CLOCK_SKEW)
    if code == "NoSuchUpload":
        # The upload was removed before its end: by the store's own expiry, or after the failure in `__context__`.
        before = error.__context__
        first = name_fault(before, store=store) if isinstance(before, Exception) else None
        return first or Fault(sentence=f"The store at {store} has thrown the upload away before its end.")
    if code == "XMinioStorageFull":
        return Fault(sentence=f"The store at {store} is full: make room there.")
    if code in _REFUSALS:
        return Fault(sentence=f"The store at {store} refuses: {_REFUSALS[code]}.", mends_itself=False)
    if code in _PASSING or error.response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Fault(sentence=f"The store at {store} cannot do its work now ({code}).")
    # A quota, a lock, a policy: after any other refusal a person must look at the store.
    return Fault(sentence=f"The store at {store} refuses ({code or 'without a reason'}).", mends_itself=False)


def _of_status(status: int, *, store: str) -> Fault:
    return Fault(
        sentence=f"The store at {store} cannot do its work now (HTTP {status}).",
        mends_itself=status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS,
    )


def _of_foreign_answer(error: InvalidResponseError, *, store: str) -> Fault:
    # minio-py keeps the status in a private field. The message begins with it too, but holds a body of any size.
    status = int(error._code)  # noqa: SLF001
    passing = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS
    reason = "cannot do its work now" if passing else f"does not speak S3: check {_SETTING}"
    return Fault(sentence=f"What answers at {store} {reason} (HTTP {status}).", mends_itself=passing)


def _of_connection(error: HTTPError, *, store: str) -> Fault:
    reason = error.reason if isinstance(error, MaxRetryError) and error.reason else error
    if isinstance(reason, SSLError):
        return Fault(
            sentence=f"The store at {store} gives no trusted TLS connection: mend its certificate,"
            f" or add ?secure=false to {_SETTING} where it speaks plain HTTP.",
            mends_itself=False,
        )
    if isinstance(reason, NameResolutionError):
        return Fault(sentence=f"The store's name in {store} is not known to the network: check {_SETTING}.")
    return Fault(sentence=f"The store at {store} does not answer ({_in_words(reason)}).")


def _in_words(reason: Exception) -> str:
    """Why there was no answer; in our own words, since urllib3's messages repeat the whole URL."""
    match reason:
        case NewConnectionError(__cause__=OSError(strerror=str(refusal))):
            return refusal.lower()
        case ConnectTimeoutError():
            return "nobody takes the connection"
        case ReadTimeoutError():
            return "it took the connection and then said nothing"
        case ProtocolError():
            return "the connection broke off"
        case _:
            return type(reason).__name__


def _skew_sentence(error: S3Error, *, store: str) -> str:
    answered = error.response.headers.get("Date")
    if answered is None:
        return f"The store at {store} refuses this machine's clock: set it."
    # minio-py signed the request with this wall clock, so this is the one to compare.
    skew = (minio.time.utcnow() - parsedate_to_datetime(answered)).total_seconds()
    direction = "ahead of" if skew > 0 else "behind"
    return (
        f"The store at {store} refuses this machine's clock, which is {abs(skew):.0f} s {direction} its own:"
        " set the clock."
    )
