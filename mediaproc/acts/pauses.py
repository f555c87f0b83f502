"""What persons and programs do to claims: pause them for everything, a profile, a shard or an executor, and resume."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from mediaproc.core.errors import NotThere, WrongUse
from mediaproc.core.pause import Scope
from mediaproc.core.safe_text import quoted, shown
from mediaproc.db import audit, pauses
from mediaproc.db.database import Database

_LENGTH = re.compile(r"([0-9]{1,6})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_LONGEST_REASON = 500
# What the beginning of an executor's id may look like.
_ID_BEGINNING = re.compile(r"[0-9a-f-]{1,36}")


class NotPaused(NotThere):
    """There is no such pause to lift."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"There is no pause of {scope}: `mediaproc status` shows what is paused.")


class NoSuchExecutor(NotThere):
    """No living executor is meant."""

    def __init__(self, written: str) -> None:
        super().__init__(
            f"No executor has an id that begins with {quoted(written)}: `mediaproc status --json` shows their ids."
        )


@dataclass(frozen=True, kw_only=True)
class Paused:
    """What is paused now; `until` None: until a person resumes it."""

    scope: str
    until: datetime | None
    because: str | None
    # Whether another pause of the same was in force, in whose place this one is.
    replaced: bool


def pause(
    database: Database, *, scope: Scope, until: datetime | timedelta | None = None, because: str | None, actor: str
) -> Paused:
    """Let no executor claim anything of the scope until then, or for so long; what runs goes on.

    Raises:
        WrongUse: the pause would be over already.
    """
    reason = shown(because, limit=_LONGEST_REASON).strip() or None if because else None
    with database.write() as connection:
        if isinstance(until, datetime) and pauses.is_past(connection, moment=until):
            raise WrongUse(f"The pause until {_told(until)} would be over already: name a later time, or say 2h.")
        before = {line.scope for line in pauses.pauses_in_force(connection)}
        ends = pauses.pause(connection, scope=scope, until=until, because=reason, actor=actor)
        audit.record(connection, actor=actor, act="pause", selection=str(scope), count=1, because=reason)
    return Paused(scope=str(scope), until=ends, because=reason, replaced=str(scope) in before)


def resume(database: Database, *, scope: Scope, actor: str) -> None:
    """Lift the pause of exactly this scope; the executors claim again at once.

    Raises:
        NotPaused
    """
    with database.write() as connection:
        if not pauses.resume(connection, scope=scope):
            raise NotPaused(str(scope))
        audit.record(connection, actor=actor, act="resume", selection=str(scope), count=1)


def executor_to_pause(database: Database, *, written: str) -> UUID:
    """The executor whose id is or begins so.

    Raises:
        NoSuchExecutor, WrongUse: several are meant.
    """
    return _one(_named(database, written, paused=False), written=written)


def executor_to_resume(database: Database, *, written: str) -> UUID:
    """The paused executor whose id is or begins so, which may be long gone.

    Raises:
        NotPaused, WrongUse: several are meant.
    """
    found = _named(database, written, paused=True)
    if not found:
        raise NotPaused(f"an executor whose id begins with {quoted(written)}")
    return _one(found, written=written)


def require_known_profile(database: Database, *, profile: str, known: Collection[str]) -> None:
    """Passes for a profile that this site has: one of `known`, or one that an executor knows.

    One that is paused by itself is known as well, though the site may have given it up.

    Raises:
        WrongUse: nobody knows it.
    """
    profiles = known_profiles(database, known=known)
    if profile not in profiles:
        raise WrongUse(f"There is no profile {quoted(profile)}: one of {', '.join(profiles)}.")


def known_profiles(database: Database, *, known: Collection[str]) -> list[str]:
    """Those of `known`, those that executors know, and those that are paused by themselves."""
    with database.read() as connection:
        return sorted({*known, *pauses.profiles_of_executors(connection), *pauses.paused_profiles(connection)})


def parse_until(written: str) -> datetime | timedelta:
    """A length such as `2h` (from now on, by the database's clock), or a time such as `2026-01-31T18:00Z`.

    A time without a zone is UTC, as all that mediaproc shows.

    Raises:
        WrongUse: it is neither, or no time at all goes by until then.
    """
    length = _LENGTH.fullmatch(written.strip())
    if length is not None:
        seconds = int(length[1]) * _SECONDS[length[2]]
        if seconds == 0:
            raise WrongUse(f"--until cannot be {quoted(written)}: no time at all would be paused.")
        return timedelta(seconds=seconds)
    try:
        moment = datetime.fromisoformat(written.strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise WrongUse(
            f"--until cannot be {quoted(written)}: it must be a length such as 90s, 15m, 2h, 7d,"
            " or a time such as 2030-01-31T18:00Z."
        ) from None


def _named(database: Database, written: str, *, paused: bool) -> Sequence[UUID]:
    prefix = written.strip().lower()
    if not _ID_BEGINNING.fullmatch(prefix):
        raise WrongUse(f"--executor cannot be {quoted(written)}: it must be an executor's id, or the beginning of one.")
    with database.read() as connection:
        if paused:
            return pauses.paused_executors_named(connection, prefix=prefix)
        return pauses.executors_named(connection, prefix=prefix)


def _one(found: Sequence[UUID], *, written: str) -> UUID:
    if not found:
        raise NoSuchExecutor(written)
    if len(found) > 1:
        raise WrongUse(
            f"The ids of several executors begin with {quoted(written)}: give more of the one that is meant."
        )
    return found[0]


def _told(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%SZ")
