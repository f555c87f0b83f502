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

_HELD_CLAIMS = (
    "SELECT clock_timestamp() AS moment, claimed_by, claim_token"
    " FROM (VALUES (1)) AS one LEFT JOIN media_process ON status = 'processing'"
)
_HAS_REGISTERED = "SELECT EXISTS (SELECT FROM media_executor WHERE pid = :pid AND started_at >= :since)"


@dataclass(frozen=True, kw_only=True)
class HeldClaims:
    """The claims that executors held, as pairs of executor and token, at a moment of the database's clock."""

    moment: datetime
    claims: frozenset[tuple[UUID, UUID]]

    def tokens(self, *, holder: UUID | None = None) -> frozenset[UUID]:
        """The tokens of all claims, or of this holder's."""
        return frozenset(token for executor_id, token in self.claims if holder in {None, executor_id})


@dataclass
class Node:
    """One node: its shard, its proxies, and the executor process that runs there now."""

    shard: str
    database: PostgresProxy
    store: Proxy
    process: ExecutorProcess
    is_stopped: bool = False
    resumed_at: datetime | None = None

    @property
    def executor_id(self) -> UUID | None:
        """The executor's UUID, None before its log has told it."""
        started = self.process.matching(event="executor_started")
        return UUID(started[0]["executor"]) if started else None

    @property
    def up_since(self) -> datetime | None:
        """Since when the executor has been able to compensate for others: its start, or its last SIGCONT."""
        started = self.process.matching(event="executor_started")
        return self.resumed_at or (datetime.fromisoformat(started[0]["time"]) if started else None)


@dataclass
class ExecutorFleet:
    """The nodes, and what the run's last check needs to know about them.

    `kills_and_stops` explain lost claims. `surviving_children` are the processes that outlived their killed executor.
    `uptimes` tell when each executor was up and not stopped. `log` has the lines of the executors that ended.
    """

    site: Site
    database_port: int
    store_port: int
    profiles: Path
    nodes: list[Node] = field(default_factory=list)
    kills_and_stops: list[Disruption] = field(default_factory=list)
    surviving_children: list[str] = field(default_factory=list)
    uptimes: list[Disruption] = field(default_factory=list)
    log: list[LogLine] = field(default_factory=list)
    exit_codes: list[int] = field(default_factory=list)
    _resuming: list[threading.Thread] = field(default_factory=list)

    def start(self, count: int) -> None:
        for index in range(count):
            database, store = PostgresProxy(self.database_port), Proxy(self.store_port)
            shard = f"{index}/{count}"
            process = self._launch(shard, database=database, store=store)
            self.nodes.append(Node(shard=shard, database=database, store=store, process=process))

    @property
    def settings(self) -> dict[str, str]:
        """What every node's executor gets, except its shard and its proxies' addresses."""
        own = {"slots": f"{SLOTS}", "lease": f"{LEASE:g}", "steal_after": "2", "profiles": str(self.profiles)}
        return self.site.settings | own

    def has_registered(self, pid: int, *, since: datetime) -> bool:
        """Whether an executor with this process id has registered since then; the kernel uses process ids again."""
        return bool(self.site.value(_HAS_REGISTERED, pid=pid, since=since))

    def held_claims(self) -> HeldClaims:
        """All claims that are held now; returns as soon as the database answers."""
        return until(self._read_held_claims)

    def busy_nodes(self, held: HeldClaims) -> list[Node]:
        """The nodes whose executors held a claim and are not stopped."""
        holders = {holder for holder, _ in held.claims}
        return [node for node in self.awake() if node.executor_id in holders]

    def kill(self, node: Node) -> Disruption | None:
        """kill -9, and a new executor on the node at once; None when the old one had just finished its work."""
        children = node.process.children()
        node.process.kill()
        disruption = self._record_kill_or_stop(node)
        self.surviving_children += outlived(children)
        self._replace(node)
        return disruption

    def drain(self, node: Node) -> Disruption | None:
        """SIGTERM, wait for the end, and a new executor; None when the old one had just finished its work."""
        disruption = self._disruption_of(node)
        node.process.send(signal.SIGTERM)
        self.exit_codes.append(node.process.wait())
        self._replace(node)
        return disruption if disruption.held else None

    def stop_for(self, node: Node, seconds: float) -> Disruption | None:
        """SIGSTOP now, SIGCONT later, while other faults go on; None when the executor had just finished its work."""
        node.is_stopped = True
        node.process.send(signal.SIGSTOP)

        def resume() -> None:
            threading.Event().wait(seconds)
            node.process.send(signal.SIGCONT)
            node.resumed_at, node.is_stopped = datetime.now(UTC), False

        thread = threading.Thread(target=resume)
        self._resuming.append(thread)
        thread.start()
        return self._record_kill_or_stop(node)

    def awake(self) -> list[Node]:
        return [node for node in self.nodes if not node.is_stopped]

    def wait_until_all_are_awake(self) -> None:
        for thread in self._resuming:
            thread.join()

    def drain_all(self) -> None:
        """Drain every executor, also one that has just been started."""
        for node in self.nodes:
            node.process.wait_for(event="executor_started")
        for node in self.nodes:
            self._disruption_of(node)
            node.process.send(signal.SIGTERM)
        self.exit_codes += [node.process.wait() for node in self.nodes]
        self.log += [line for node in self.nodes for line in node.process.lines]

    def close(self) -> None:
        for thread in self._resuming:
            thread.join()
        for node in self.nodes:
            node.process.__exit__()
            node.database.close()
            node.store.close()

    def _read_held_claims(self) -> HeldClaims | None:
        try:
            rows = self.site.rows(_HELD_CLAIMS)
        except OperationalError:
            return None
        claims = {(row["claimed_by"], row["claim_token"]) for row in rows if row["claim_token"] is not None}
        return HeldClaims(moment=rows[0]["moment"], claims=frozenset(claims))

    def _record_kill_or_stop(self, node: Node) -> Disruption | None:
        """Called after the signal: what the victim holds now is what it worked on when the signal came."""
        disruption = self._disruption_of(node)
        self.kills_and_stops.append(disruption)
        return disruption if disruption.held else None

    def _disruption_of(self, node: Node) -> Disruption:
        held, victim = self.held_claims(), node.executor_id
        # A disruption without a victim would explain every lost claim.
        assert victim is not None
        assert node.up_since is not None
        self.uptimes.append(Disruption(began=node.up_since, ended=held.moment, victim=victim))
        return Disruption(began=held.moment, ended=held.moment, victim=victim, held=held.tokens(holder=victim))

    def _replace(self, node: Node) -> None:
        node.process.__exit__()
        self.log += node.process.lines
        node.resumed_at = None
        node.process = self._launch(node.shard, database=node.database, store=node.store)

    def _launch(self, shard: str, *, database: PostgresProxy, store: Proxy) -> ExecutorProcess:
        settings = self.settings
        database_url = make_url(settings["database_url"]).set(port=database.port)
        own = {
            "database_url": database_url.render_as_string(hide_password=False),
            "store_url": settings["store_url"].replace(f":{self.store_port}/", f":{store.port}/"),
            "shard": shard,
        }
        return ExecutorProcess(settings=settings | own)
