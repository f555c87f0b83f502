"""The three executors of a chaos run, each behind proxies of its own, each replaced when it ends."""

import signal
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from tests.chaos.disruptions import LEASE, SLOTS, Disruption
from tests.chaos.orphans import outlived
from tests.parts.executors import ExecutorProcess, LogLine
from tests.parts.proxy import PostgresProxy, Proxy
from tests.parts.site import Site
from tests.parts.waiting import until

_LOOK = (
    "SELECT clock_timestamp() AS moment, claimed_by, claim_token"
    " FROM (VALUES (1)) AS one LEFT JOIN media_process ON status = 'processing'"
)
_MEETS = "SELECT EXISTS (SELECT FROM media_executor WHERE pid = :pid AND started_at >= :since)"


@dataclass(frozen=True, kw_only=True)
class Look:
    """Who held which claims, and at which moment by the database's clock."""

    moment: datetime
    claims: frozenset[tuple[UUID, UUID]]

    def held(self, *, by: UUID | None = None) -> frozenset[UUID]:
        """The tokens that were held, by that executor alone where one is named."""
        return frozenset(token for holder, token in self.claims if by in {None, holder})


@dataclass
class ExecutorPlace:
    """One node: its shard, its proxies, and the executor that runs there now."""

    shard: str
    database: PostgresProxy
    store: Proxy
    process: ExecutorProcess
    is_stopped: bool = False
    resumed_at: datetime | None = None

    @property
    def executor_id(self) -> UUID | None:
        """Its UUID, once its log has said it."""
        started = self.process.matching(event="executor_started")
        return UUID(started[0]["executor"]) if started else None

    @property
    def up_since(self) -> datetime | None:
        """Since when it can look after the others: its start, or its last awakening."""
        started = self.process.matching(event="executor_started")
        return self.resumed_at or (datetime.fromisoformat(started[0]["time"]) if started else None)


@dataclass
class ExecutorGroup:
    """`deeds` are the kills and stops, which explain a lost claim; `survivors` what outlived its killed executor.

    `watches`: when each was up and awake. `log` holds the lines of those that ended.
    """

    site: Site
    database_port: int
    store_port: int
    profiles: Path
    posts: list[ExecutorPlace] = field(default_factory=list)
    deeds: list[Disruption] = field(default_factory=list)
    survivors: list[str] = field(default_factory=list)
    watches: list[Disruption] = field(default_factory=list)
    log: list[LogLine] = field(default_factory=list)
    exit_codes: list[int] = field(default_factory=list)
    _resuming: list[threading.Thread] = field(default_factory=list)

    def start(self, count: int) -> None:
        for index in range(count):
            database, store = PostgresProxy(self.database_port), Proxy(self.store_port)
            shard = f"{index}/{count}"
            process = self._launch(shard, database=database, store=store)
            self.posts.append(ExecutorPlace(shard=shard, database=database, store=store, process=process))

    @property
    def settings(self) -> dict[str, str]:
        """What each of them is told, but for its shard and its proxies."""
        own = {"slots": f"{SLOTS}", "lease": f"{LEASE:g}", "steal_after": "2", "profiles": str(self.profiles)}
        return self.site.settings | own

    def has_met(self, pid: int, *, since: datetime) -> bool:
        """Whether an executor with this process id has registered since; earlier ones may have had it too."""
        return bool(self.site.value(_MEETS, pid=pid, since=since))

    def look(self) -> Look:
        """Who holds a claim now; as soon as the database answers."""
        return until(self._look)

    def at_work(self, look: Look) -> list[ExecutorPlace]:
        """The posts whose executors held a claim and are awake."""
        holders = {holder for holder, _ in look.claims}
        return [post for post in self.awake() if post.executor_id in holders]

    def kill(self, post: ExecutorPlace) -> Disruption | None:
        """kill -9, and a new one in its place at once; None when it had just finished its work."""
        children = post.process.children()
        post.process.kill()
        blow = self._note(post)
        self.survivors += outlived(children)
        self._replace(post)
        return blow

    def drain(self, post: ExecutorPlace) -> Disruption | None:
        """SIGTERM, wait for its end, and a new one in its place; None when it had just finished its work."""
        blow = self._blow(post)
        post.process.send(signal.SIGTERM)
        self.exit_codes.append(post.process.wait())
        self._replace(post)
        return blow if blow.held else None

    def stop_for(self, post: ExecutorPlace, seconds: float) -> Disruption | None:
        """SIGSTOP now and SIGCONT later, while other faults go on; None when it had just finished its work."""
        post.is_stopped = True
        post.process.send(signal.SIGSTOP)

        def resume() -> None:
            threading.Event().wait(seconds)
            post.process.send(signal.SIGCONT)
            post.resumed_at, post.is_stopped = datetime.now(UTC), False

        thread = threading.Thread(target=resume)
        self._resuming.append(thread)
        thread.start()
        return self._note(post)

    def awake(self) -> list[ExecutorPlace]:
        return [post for post in self.posts if not post.is_stopped]

    def wait_until_all_are_awake(self) -> None:
        for thread in self._resuming:
            thread.join()

    def end(self) -> None:
        """Drain everybody, the newest too; then nothing of the crew is left."""
        for post in self.posts:
            post.process.wait_for(event="executor_started")
        for post in self.posts:
            self._blow(post)
            post.process.send(signal.SIGTERM)
        self.exit_codes += [post.process.wait() for post in self.posts]
        self.log += [line for post in self.posts for line in post.process.lines]

    def close(self) -> None:
        for thread in self._resuming:
            thread.join()
        for post in self.posts:
            post.process.__exit__()
            post.database.close()
            post.store.close()

    def _look(self) -> Look | None:
        try:
            rows = self.site.rows(_LOOK)
        except OperationalError:
            return None
        claims = {(row["claimed_by"], row["claim_token"]) for row in rows if row["claim_token"] is not None}
        return Look(moment=rows[0]["moment"], claims=frozenset(claims))

    def _note(self, post: ExecutorPlace) -> Disruption | None:
        """After the deed: what the victim holds now is what it was at when it fell."""
        blow = self._blow(post)
        self.deeds.append(blow)
        return blow if blow.held else None

    def _blow(self, post: ExecutorPlace) -> Disruption:
        look, victim = self.look(), post.executor_id
        # A deed without a victim would explain whatever is lost.
        assert victim is not None
        assert post.up_since is not None
        self.watches.append(Disruption(began=post.up_since, ended=look.moment, victim=victim))
        return Disruption(began=look.moment, ended=look.moment, victim=victim, held=look.held(by=victim))

    def _replace(self, post: ExecutorPlace) -> None:
        post.process.__exit__()
        self.log += post.process.lines
        post.resumed_at = None
        post.process = self._launch(post.shard, database=post.database, store=post.store)

    def _launch(self, shard: str, *, database: PostgresProxy, store: Proxy) -> ExecutorProcess:
        settings = self.settings
        database_url = make_url(settings["database_url"]).set(port=database.port)
        own = {
            "database_url": database_url.render_as_string(hide_password=False),
            "store_url": settings["store_url"].replace(f":{self.store_port}/", f":{store.port}/"),
            "shard": shard,
        }
        return ExecutorProcess(settings=settings | own)
