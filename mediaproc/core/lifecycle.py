"""The life of a task: its statuses, the literal transition table, and what an attempt's outcome makes of it."""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import assert_never

from mediaproc.core.backoff import TASK_RELEASE, Backoff
from mediaproc.core.errors import ErrorClass

# Strikes after which a task waits for a person. The claim and its index say the same 3 as a literal.
FAIL_LIMIT = 3

# How often one task may be given back for the same reason before each further time is a strike. With the growing waits
# between them that takes eight hours at the least; a drain or a loss of the database gives a task back once.
RELEASE_LIMIT = 200
# For these reasons a task is given back less often. While the store is really away no executor claims: a store
# that refuses for half an hour refuses this one object. And a larger node, if there is one, has had an hour and more
# to take a task that is too large for others.
_LOWER_LIMITS = MappingProxyType(
    {
        ErrorClass.STORE_UNAVAILABLE: 20,
        ErrorClass.NODE_TOO_SMALL: 20,
        # Executors died while the task waited there for a slot. It is not to blame, as far as is known.
        ErrorClass.LOST: 3,
        # As capcut-mate tries it. With the waits between them that takes some seven minutes at the least.
        ErrorClass.DRAFT_URL_UNAVAILABLE: 10,
        # Nobody asks for it more often, so that it is not carried to and fro.
        ErrorClass.GIVEN_BACK: 5,
    }
)

# Reasons for a release that lie with this node alone: it leaves the task to others for a while.
OF_THIS_NODE = frozenset({ErrorClass.MEMORY_TAKEN, ErrorClass.NODE_TOO_SMALL})

# Reasons for a release with nothing to wait for: the task is due at once.
_DUE_AT_ONCE = frozenset(
    {ErrorClass.DRAINED, ErrorClass.DATABASE_UNAVAILABLE, ErrorClass.DECODER_MISSING, ErrorClass.GIVEN_BACK}
)


class Status(StrEnum):
    """Where a task is; the last two are outcomes in the history table, after which nothing happens."""

    PENDING = "pending"
    PROCESSING = "processing"
    FAILED = "failed"
    REJECTED = "rejected"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class AttemptOutcome(StrEnum):
    """How an attempt ended, as its row says; a row without one is of an attempt that runs."""

    COMPLETED = "completed"
    FAILED = "failed"
    REJECTED = "rejected"
    RELEASED = "released"
    CANCELLED = "cancelled"
    LOST = "lost"


class Event(StrEnum):
    """What can happen to a task."""

    CLAIM = "claim"
    COMPLETE = "complete"
    FAIL = "fail"
    REJECT = "reject"
    RELEASE = "release"
    LOSE = "lose"
    TAKE_BACK = "take back"
    RETRY = "retry"
    CANCEL = "cancel"


# Every change of a status in the product is one of these; an event that a status does not list changes nothing.
TRANSITIONS = MappingProxyType(
    {
        Status.PENDING: MappingProxyType(
            {
                Event.CLAIM: Status.PROCESSING,
                Event.RETRY: Status.PENDING,
                Event.REJECT: Status.REJECTED,
                Event.CANCEL: Status.CANCELLED,
            }
        ),
        Status.PROCESSING: MappingProxyType(
            {
                Event.COMPLETE: Status.COMPLETED,
                Event.FAIL: Status.FAILED,
                Event.REJECT: Status.REJECTED,
                Event.RELEASE: Status.PENDING,
                Event.LOSE: Status.FAILED,
                # The strike of an earlier claim is taken back; the claim that runs stays.
                Event.TAKE_BACK: Status.PROCESSING,
                Event.CANCEL: Status.CANCELLED,
            }
        ),
        Status.FAILED: MappingProxyType(
            {
                Event.CLAIM: Status.PROCESSING,
                Event.TAKE_BACK: Status.PENDING,
                Event.RETRY: Status.PENDING,
                Event.REJECT: Status.REJECTED,
                Event.CANCEL: Status.CANCELLED,
            }
        ),
        Status.REJECTED: MappingProxyType(
            {
                Event.TAKE_BACK: Status.PENDING,
                Event.RETRY: Status.PENDING,
                Event.CANCEL: Status.CANCELLED,
            }
        ),
        Status.COMPLETED: MappingProxyType({}),
        Status.CANCELLED: MappingProxyType({}),
    }
)


class UnexpectedEventError(Exception):
    """The status does not expect the event: a bug of ours, never a user's."""


def after(status: Status, event: Event) -> Status:
    """The status that the event leads to.

    Raises:
        UnexpectedEventError: the table has no such transition.
    """
    try:
        return TRANSITIONS[status][event]
    except KeyError:
        raise UnexpectedEventError(f"a task that is {status} does not expect {event}") from None


@dataclass(frozen=True, kw_only=True)
class Failed:
    """The attempt failed by its own fault: a strike."""

    error_class: ErrorClass
    error: str


@dataclass(frozen=True, kw_only=True)
class Rejected:
    """The source can never be transcoded."""

    error_class: ErrorClass
    error: str


@dataclass(frozen=True, kw_only=True)
class Released:
    """The executor gives the task back unharmed, because a service is away or it drains.

    The task is due after `delay` seconds or more. From now on an executor that lacks one of `needs_decoders` leaves it
    alone. One `is_unbegun` only waited for a slot: it stays as it was before the claim, and is due since when it was.
    """

    error_class: ErrorClass
    error: str
    delay: float = 0.0
    needs_decoders: tuple[str, ...] = ()
    is_unbegun: bool = False


Setback = Failed | Rejected | Released


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What to write for an attempt that produced no rendition; `delay` is seconds until the task is due again.

    Where it `stays_as_it_was`, neither the task's due time nor its error and class are written.
    """

    event: Event
    status: Status
    strike: bool
    delay: float
    error_class: ErrorClass
    error: str
    needs_decoders: tuple[str, ...] = ()
    stays_as_it_was: bool = False


def verdict(setback: Setback, *, fail_count: int, policy: Backoff, jitter: float, releases: int = 0) -> Verdict:
    """What the attempt's end makes of a task that had `fail_count` strikes before; `jitter` is from 0 to 1.

    `releases` is how often the task was given back for the same reason since a person last retried it: each makes it
    wait longer, and from the limit on each is a strike, so that none goes on for ever.
    """
    needs_decoders = setback.needs_decoders if isinstance(setback, Released) else ()
    if isinstance(setback, Released) and releases >= release_limit(setback.error_class):
        setback = Failed(
            error_class=setback.error_class, error=given_back_too_often(setback.error, error_class=setback.error_class)
        )
    stays_as_it_was = False
    match setback:
        case Failed():
            event, strike = Event.FAIL, True
            pause = policy.delay(fail_count, jitter=jitter)
        case Rejected():
            event, strike, pause = Event.REJECT, False, 0.0
        case Released():
            event, strike, pause = Event.RELEASE, False, setback.delay
            stays_as_it_was = setback.is_unbegun
            if setback.error_class not in _DUE_AT_ONCE:
                pause = max(pause, TASK_RELEASE.delay(releases, jitter=jitter))
        case _:
            assert_never(setback)
    return Verdict(
        event=event,
        status=after(Status.PROCESSING, event),
        strike=strike,
        delay=pause,
        error_class=setback.error_class,
        error=setback.error,
        needs_decoders=needs_decoders,
        stays_as_it_was=stays_as_it_was,
    )


def release_limit(error_class: ErrorClass) -> int:
    """How often one task is given back for this reason without a strike."""
    return _LOWER_LIMITS.get(error_class, RELEASE_LIMIT)


def given_back_too_often(error: str, *, error_class: ErrorClass) -> str:
    """The sentence of the strike that a further release counts as."""
    return f"{error} It was given back {release_limit(error_class)} times, so that each further time is a strike."


def waits_for_a_person(status: Status, *, fail_count: int) -> bool:
    """Whether nothing happens to the task by itself any more."""
    return status is Status.REJECTED or (status is Status.FAILED and fail_count >= FAIL_LIMIT)
