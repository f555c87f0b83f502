"""The exceptions, by whose fault they are.

    MediaprocError
    |-- NotThere         the caller's: what it names is not there                      exit code 1
    |-- WrongUse         the caller's: an option, a setting or a path is wrong         exit code 2
    |-- PartMissing      a part is not there and waiting cannot mend it                exit code 3
    |-- Unavailable      a service is away for now: the task is released, no strike exit code 3
    |-- BadSource        the upload's: it can never be transcoded, the task is rejected
    |-- AttemptFailed    this attempt's: counted as a strike, tried again later
    |-- Stopped          we were told to stop: the executor drains, or the claim was lost
    `-- ClaimLost        the claim is another's now: write nothing

Every message is one sentence for a person. Whatever else is raised is a bug.
"""

from enum import StrEnum


class ErrorClass(StrEnum):
    """The closed list of what `error_class` may hold in a row; the reference in docs/ explains each."""

    # The source's fault (rejected).
    UNREADABLE = "unreadable"
    EMPTY = "empty"
    NO_VIDEO = "no_video"
    NO_AUDIO = "no_audio"
    UNDECODABLE = "undecodable"
    TRUNCATED = "truncated"
    TOO_LONG = "too_long"
    TOO_LARGE = "too_large"
    TOO_MANY_STREAMS = "too_many_streams"
    DRAFT_URL_REFUSED = "draft_url_refused"
    # A person rejected the task.
    BY_PERSON = "by_person"
    # The attempt's fault (a strike).
    TRANSCODE_FAILED = "transcode_failed"
    VERIFICATION_FAILED = "verification_failed"
    STALLED = "stalled"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    OUTPUT_TOO_LARGE = "output_too_large"
    SOURCE_MISSING = "source_missing"
    SOURCE_CORRUPTED = "source_corrupted"
    UNKNOWN_PROFILE = "unknown_profile"
    LOST = "lost"
    BUG = "bug"
    # A service or a resource is away (released, no strike).
    STORE_UNAVAILABLE = "store_unavailable"
    DATABASE_UNAVAILABLE = "database_unavailable"
    DISK_FULL = "disk_full"
    MEMORY_PRESSURE = "memory_pressure"
    MEMORY_TAKEN = "memory_taken"
    NODE_TOO_SMALL = "node_too_small"
    CLOCK_SKEW = "clock_skew"
    DRAINED = "drained"
    GIVEN_BACK = "given_back"
    SANDBOX_UNAVAILABLE = "sandbox_unavailable"
    OUTLIER = "outlier"
    DECODER_MISSING = "decoder_missing"
    DRAFT_URL_UNAVAILABLE = "draft_url_unavailable"


class MediaprocError(Exception):
    """The root: its message is one sentence that says what is wrong and what to do."""


class NotThere(MediaprocError):
    """What an act names is not there, or not any more."""


class WrongUse(MediaprocError):
    """An option's value, a setting's form, an unknown command or profile."""


class PartMissing(MediaprocError):
    """A part that is needed is not there or refuses, and waiting cannot mend it."""


class _Classified(MediaprocError):
    """An error that a task's row records under a class."""

    def __init__(self, sentence: str, *, error_class: ErrorClass) -> None:
        super().__init__(sentence)
        self.error_class = error_class


class Unavailable(_Classified):
    """Store, database, disk or memory is away for now; `error_class` says which."""


class BadSource(_Classified):
    """The upload itself can never be transcoded; the sentence is for its uploader."""


class AttemptFailed(_Classified):
    """This attempt failed and counts; `log_tail` holds the last lines that ffmpeg wrote."""

    def __init__(self, sentence: str, *, error_class: ErrorClass, log_tail: str = "") -> None:
        super().__init__(sentence, error_class=error_class)
        self.log_tail = log_tail


class Stopped(MediaprocError):
    """The executor told the attempt to stop before its end, and knows why."""


class ClaimLost(MediaprocError):
    """The row no longer carries the attempt's claim token: the attempt must throw away what it made."""
