"""The values of the site, read from its database when somebody asks, every few seconds at most."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.core.lifecycle import Status
from mediaproc.db.database import Database
from mediaproc.db.pauses import pauses_in_force
from mediaproc.db.views import ops
from mediaproc.db.views.ops import BacklogLine
from mediaproc.metrics import catalogue
from mediaproc.metrics.catalogue import Sample
from mediaproc.monitoring.slow_question import SlowQuestion

# Seconds. Each executor of a site may be asked every few seconds, and each answer reads up to 10,000 index entries.
_EVERY = 5.0
_LONGEST_WAIT = 2.0
_SEEN_WITHIN = timedelta(hours=1)

# What a task waits for, as the view says it and as a label has it.
_WAITS_FOR = {"a free slot": "slot", "its backoff": "backoff", "a person": "person", "its executor": "executor"}
_SCOPES = ("everything", "profile", "shard", "executor")
_EXECUTOR_STATES = ("running", "paused", "draining", "stopped", "gone")


@dataclass(frozen=True, kw_only=True)
class _Site:
    backlog: tuple[BacklogLine, ...]
    executors: dict[str, int]
    pauses: Counter[str]


class SiteSamples:
    """While the database is away, only that is told: an old value would hide it."""

    def __init__(self, database: Database, *, profiles: frozenset[str]) -> None:
        """`profiles`: for each of them a value is told, also where no task is for it."""
        self._database = database
        self._profiles = profiles
        self._read = SlowQuestion(self._ask, about="database", every=_EVERY, longest_wait=_LONGEST_WAIT)

    def samples(self) -> Iterator[Sample]:
        """The values of now."""
        try:
            site = self._read.answer()
        except (Unavailable, PartMissing):
            yield Sample(metric=catalogue.DATABASE_UP, value=0)
            return
        yield Sample(metric=catalogue.DATABASE_UP, value=1)
        for state in _EXECUTOR_STATES:
            yield Sample(metric=catalogue.EXECUTORS, labels=(state,), value=site.executors.get(state, 0))
        for scope in _SCOPES:
            yield Sample(metric=catalogue.PAUSES, labels=(scope,), value=site.pauses[scope])
        yield from _backlog(site.backlog, profiles=self._profiles)

    def _ask(self) -> _Site:
        with self._database.read() as connection:
            return _Site(
                backlog=tuple(ops.backlog(connection)),
                # By the first word of what is paused.
                pauses=Counter(each.scope.partition(" ")[0] for each in pauses_in_force(connection)),
                executors=dict(ops.executor_states(connection, seen_within=_SEEN_WITHIN)),
            )


def _backlog(lines: tuple[BacklogLine, ...], *, profiles: frozenset[str]) -> Iterator[Sample]:
    age = dict.fromkeys(sorted(profiles), 0.0)
    exhausted: dict[str, int] = defaultdict(int, dict.fromkeys(sorted(profiles), 0))
    for line in lines:
        waits_for = _WAITS_FOR[line.waits_for]
        yield Sample(metric=catalogue.BACKLOG, labels=(line.profile, waits_for, line.status), value=line.tasks)
        if waits_for == "slot":
            age[line.profile] = max(age.get(line.profile, 0.0), _due_for(line).total_seconds())
        if waits_for == "person" and line.status == Status.FAILED:
            exhausted[line.profile] += line.tasks
    for profile, seconds in age.items():
        yield Sample(metric=catalogue.BACKLOG_AGE, labels=(profile,), value=seconds)
    for profile, tasks in exhausted.items():
        yield Sample(metric=catalogue.EXHAUSTED, labels=(profile,), value=tasks)


def _due_for(line: BacklogLine) -> timedelta:
    """For how long the first of these tasks has been due, by the database's clock, which the line's age implies."""
    if line.next_attempt_at is None:
        return timedelta()
    return line.oldest_created_at + line.oldest_age - line.next_attempt_at
