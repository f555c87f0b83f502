"""What an executor writes into and reads from the task table, each a short transaction of its own."""

from collections.abc import Collection
from uuid import UUID

from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import Verdict
from mediaproc.core.outlier import PeerComparison
from mediaproc.core.shard import Shard
from mediaproc.core.task import ClaimedTask, Rendition, Report
from mediaproc.db import executor_registry
from mediaproc.db.database import Database
from mediaproc.db.tasks import claim, due_tasks, lease, peer_comparison, release, settle, take_back_strikes
from mediaproc.db.tasks.claim import Claimant
from mediaproc.db.tasks.lease import Held, Renewal
from mediaproc.db.tasks.settle import Standing


class TaskTable:
    """The statements of the protocol for one claimant; each raises Unavailable when the database is away."""

    def __init__(self, database: Database, *, claimant: Claimant) -> None:
        self._database = database
        self.claimant = claimant

    def claim_after(
        self, after: ClaimedTask, *, limit: int, only: Collection[int] | None, left_out: Collection[int] = ()
    ) -> list[ClaimedTask]:
        """Own tasks that follow `after`: what a slot that gets free between two ticks asks for first."""
        with self._database.write(waits_for_standby=False) as connection:
            return claim.claim_due(
                connection, claimant=self.claimant, limit=limit, only=only, after=after, left_out=left_out
            )

    def claim(
        self, *, limit: int, steal_after: float, only: Collection[int] | None, left_out: Collection[int] = ()
    ) -> list[ClaimedTask]:
        """Own tasks first; where none is due, those that other shards left due for `steal_after` seconds (0: never)."""
        with self._database.write(waits_for_standby=False) as connection:
            claimed = claim.claim_due(connection, claimant=self.claimant, limit=limit, only=only, left_out=left_out)
            if not claimed and steal_after > 0 and only is None and self.claimant.shard.total > 1:
                return claim.claim_stolen(
                    connection, claimant=self.claimant, limit=limit, due_for=steal_after, left_out=left_out
                )
            return claimed

    def claim_overdue(self, *, due_for: float, left_out: Collection[int] = ()) -> list[ClaimedTask]:
        """The one task that has been due the longest, if for so many seconds, of whatever shard."""
        with self._database.write(waits_for_standby=False) as connection:
            return claim.claim_overdue(connection, claimant=self.claimant, due_for=due_for, left_out=left_out)

    def release_unknown(self, *, known: Collection[UUID]) -> int:
        """Release the claims whose answer never arrived: in this executor's name, with tokens that are not `known`."""
        with self._database.write() as connection:
            return release.release_unknown(connection, executor_id=self.claimant.executor_id, known=known)

    def has_unfinished(self, *, shard: Shard, only: Collection[int] | None) -> bool:
        """Whether anything of the shard is pending, processing or in backoff."""
        with self._database.read() as connection:
            return due_tasks.has_unfinished(connection, shard=shard, only=only, reach=self.claimant.reach)

    def renew(self, held: Collection[Held]) -> Renewal:
        """Which of the leases are renewed, and which claims are lost."""
        with self._database.write(waits_for_standby=False) as connection:
            return lease.renew(connection, held=held, lease=self.claimant.lease)

    def beat(self, *, busy: int, state: str, paused_for: str | None) -> None:
        """The executor's own sign of life."""
        with self._database.write(waits_for_standby=False) as connection:
            executor_registry.record_heartbeat(
                connection,
                executor_id=self.claimant.executor_id,
                busy=busy,
                state=state,
                paused_for=paused_for,
            )

    def announce_output(self, task: ClaimedTask, *, bucket: str, key: str) -> bool:
        """Whether the claim still holds; if so, its output's key is written down."""
        with self._database.write() as connection:
            return lease.announce_output(
                connection, task_id=task.id, claim_token=task.claim_token, bucket=bucket, key=key
            )

    def settle_completed(self, task: ClaimedTask, *, rendition: Rendition, report: Report) -> bool:
        """Whether the claim won."""
        with self._database.write() as connection:
            return settle.settle_completed(
                connection, task_id=task.id, claim_token=task.claim_token, rendition=rendition, report=report
            )

    def settle_setback(self, task: ClaimedTask, *, verdict: Verdict, report: Report) -> bool:
        """Whether the claim was still held."""
        with self._database.write() as connection:
            return settle.settle_setback(
                connection, task_id=task.id, claim_token=task.claim_token, verdict=verdict, report=report
            )

    def releases(self, task: ClaimedTask, *, error_class: ErrorClass) -> int:
        """How often the task was given back for this reason before, since a person last retried it."""
        with self._database.read() as connection:
            return release.releases(connection, task_id=task.id, error_class=error_class)

    def standing(self, task: ClaimedTask) -> Standing:
        """Where the claim stands, when the answer to its settling was lost."""
        with self._database.read() as connection:
            return settle.standing(connection, task_id=task.id, claim_token=task.claim_token)

    def take_back_strike(self, task: ClaimedTask) -> bool:
        """Whether compensation had given a strike for this claim, and it is taken back now."""
        with self._database.write() as connection:
            return take_back_strikes.take_back_strike(connection, task_id=task.id, claim_token=task.claim_token)

    def compare_with_peers(self, failed_claims: Collection[UUID], *, completed: int) -> PeerComparison:
        """The executor's failed claims and completed tasks, beside what its peers did since the first claim began."""
        with self._database.read() as connection:
            return peer_comparison.compare(
                connection,
                executor_id=self.claimant.executor_id,
                failed_claims=failed_claims,
                completed=completed,
            )

    def take_back_failures(self, claim_tokens: Collection[UUID]) -> int:
        """How many tasks no longer count what these claims made of them; each call changes a batch at most."""
        with self._database.write() as connection:
            return take_back_strikes.take_back_failures(connection, claim_tokens=claim_tokens)
