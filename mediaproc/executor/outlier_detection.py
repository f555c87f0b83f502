"""Finds out whether this executor fails what others do; then it pauses and takes back the strikes that it gave."""

import threading
from collections import OrderedDict
from collections.abc import Collection
from typing import assert_never
from uuid import UUID

from structlog.typing import FilteringBoundLogger

from mediaproc.core.backoff import Backoff
from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.core.lifecycle import Failed, Rejected, Released
from mediaproc.core.outlier import LEAST_FAILURES, Record
from mediaproc.core.task import ClaimedTask, Rendition
from mediaproc.db.database import Database
from mediaproc.db.tasks.peer_comparison import compare
from mediaproc.db.tasks.take_back_strikes import take_back_failures
from mediaproc.executor.backpressure import NODE, Backpressure
from mediaproc.executor.outcome_writer import Ending

# Claims whose failures are remembered: more are not asked about, and not taken back.
_MOST_REMEMBERED = 10_000


class OutlierDetection:
    """Remembers what failed since the executor last did well; thread-safe: each slot tells how its attempts end.

    An executor that is confined to its own tasks is never an outlier: it has nobody to leave them to.
    """

    def __init__(
        self,
        database: Database,
        *,
        executor_id: UUID,
        backpressure: Backpressure,
        policy: Backoff,
        is_confined: bool,
        log: FilteringBoundLogger,
    ) -> None:
        self._database = database
        self._executor_id = executor_id
        self._backpressure = backpressure
        self._policy = policy
        self._is_confined = is_confined
        self._log = log
        # The first guards what is remembered; the second lets one thread compare, and no other one waits for it.
        self._lock, self._comparing = threading.Lock(), threading.Lock()
        # The claims that failed, each with its task, the latest last, and how many tasks were done in the same time.
        self._failed: OrderedDict[UUID, int] = OrderedDict()
        self._completed = 0
        self._latest_error = ""
        # How many failures there were, and how many of them when the latest comparison began that got an answer.
        self._failures, self._compared = 0, 0
        self._is_outlier = False

    def attempt_settled(self, task: ClaimedTask, *, ending: Ending | None) -> None:
        """Count what was written of an attempt; an attempt that was released, or lost its claim, shows nothing."""
        match ending:
            case None | Released():
                return
            case Rendition():
                self._works()
            case Failed() | Rejected():
                with self._lock:
                    self._failed[task.claim_token] = task.id
                    if len(self._failed) > _MOST_REMEMBERED:
                        self._failed.popitem(last=False)
                    self._latest_error = ending.error
                    self._failures += 1
                self.compare()
            case _:
                assert_never(ending)

    def compare(self) -> None:
        """Compare with the peers; at each tick too, since a task may take longer to be done there than to fail here."""
        while self._fails() and self._comparing.acquire(blocking=False):
            try:
                self._compare()
            except (Unavailable, PartMissing) as error:
                self._log.warning("comparison_waits", reason=str(error))
                return
            finally:
                self._comparing.release()
            if self._compared == self._failures:
                return

    def _fails(self) -> bool:
        with self._lock:
            return not self._is_confined and self._record.failed >= LEAST_FAILURES

    @property
    def _record(self) -> Record:
        return Record(completed=self._completed, failed=len(set(self._failed.values())))

    def _compare(self) -> None:
        with self._lock:
            failed, completed = list(self._failed), self._completed
            failures, sentence = self._failures, self._sentence()
        with self._database.read() as connection:
            comparison = compare(connection, executor_id=self._executor_id, failed_claims=failed, completed=completed)
        is_news = failures > self._compared
        self._compared = failures
        if comparison.shows_an_outlier:
            if is_news or not self._is_outlier:
                self._backpressure.node_failed(sentence=sentence, policy=self._policy)
            self._is_outlier = True
            while taken_back := self._take_back(failed):
                self._log.warning("failures_taken_back", tasks=taken_back)
        elif self._is_outlier and comparison.shows_that_others_fail:
            self._readmit(because="others fail as well")
        elif self._is_outlier and is_news:
            # Its trial failed, and no peer is there to compare with: it stays an outlier.
            self._backpressure.node_failed(sentence=sentence, policy=self._policy)

    def _take_back(self, claim_tokens: Collection[UUID]) -> int:
        """How many tasks no longer count what these claims made of them; each call changes a batch at most."""
        with self._database.write() as connection:
            return take_back_failures(connection, claim_tokens=claim_tokens)

    def _works(self) -> None:
        with self._lock:
            self._completed += 1
            if self._is_outlier or self._record.does_well:
                self._failed.clear()
                self._completed, self._compared = 0, self._failures
        if self._is_outlier:
            self._readmit(because="a task is done")

    def _readmit(self, *, because: str) -> None:
        self._is_outlier = False
        self._backpressure.part_works(NODE)
        self._log.info("executor_readmitted", because=because)

    def _sentence(self) -> str:
        failed = self._record.failed
        return (
            f"Of its last {failed + self._completed} tasks {failed} failed, while other executors did theirs."
            " Their strikes are taken back; after a pause, longer each time, it tries one task, and goes on when that"
            " is done. Compare its ffmpeg, disk and settings with another node's, or stop it. The latest failure:"
            f" {self._latest_error}"
        )
