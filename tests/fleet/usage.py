"""What a stretch of time cost the database: CPU, statements, WAL, memory, connections, waits for locks, dead rows."""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.parts.postgres import PostgresServer

_NANOSECONDS = 1_000_000_000
_TICKS = 100
_KILOBYTE = 1024

_COUNTERS = """
SELECT (SELECT sum(calls) FROM pg_stat_statements WHERE userid <> 0 AND query NOT LIKE '%fleet_usage%') AS statements,
  (SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()) AS transactions,
  pg_current_wal_insert_lsn() - '0/0'::pg_lsn AS wal,
  (SELECT count(*) FROM media_process_history) AS settled, 'fleet_usage' AS of
"""
_ROWS = """
SELECT relname, n_tup_ins + n_tup_upd + n_tup_del AS written, n_tup_upd, n_tup_hot_upd, n_live_tup, n_dead_tup,
  pg_table_size(relid) AS size, pg_indexes_size(relid) AS indexes
FROM pg_stat_user_tables WHERE relname LIKE 'media%'
"""
_CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
_WAITS = """
SELECT coalesce(wait_event_type || ':' || wait_event, 'CPU') FROM pg_stat_activity
WHERE state = 'active' AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""
_DEAREST = """
SELECT calls, round(total_exec_time::numeric), regexp_replace(left(query, 5000), '\\s+', ' ', 'g')
FROM pg_stat_statements WHERE query NOT LIKE '%%fleet_usage%%' ORDER BY total_exec_time DESC LIMIT %s
"""


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement of `pg_stat_statements`: how often, and how many seconds it ran by the wall clock."""

    calls: int
    seconds: float
    text: str


@dataclass(frozen=True, kw_only=True)
class Moment:
    """The database's counters at one moment; the difference of two tells what the time between them cost."""

    at: float
    cpu: float
    statements: int
    transactions: int
    wal: int
    settled: int
    tables: dict[str, dict[str, int]] = field(default_factory=dict)


class Observer:
    """One connection that asks the server what it did; it is in no count."""

    def __init__(self, server: PostgresServer, *, name: str) -> None:
        self._server = server
        self._name = name
        self.reconnect()
        self.waits: Counter[str] = Counter()
        self.samples = 0
        self.most_connections = 0

    def reconnect(self) -> None:
        """Connect, again after a restart of the server."""
        self._connection = psycopg.connect(
            self._server.url(self._name), autocommit=True, row_factory=psycopg.rows.dict_row
        )
        self._connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        self._connection.execute("SET pg_stat_statements.track = 'none'")

    def close(self) -> None:
        self._connection.close()

    def moment(self, *, at: float) -> Moment:
        """The counters now, which is `at`."""
        counted = self._one(_COUNTERS)
        tables = {row["relname"]: {k: int(v) for k, v in row.items() if k != "relname"} for row in self._all(_ROWS)}
        return Moment(
            at=at,
            cpu=cpu_seconds(self._server.pid),
            statements=int(counted["statements"] or 0),
            transactions=int(counted["transactions"]),
            wal=int(counted["wal"]),
            settled=int(counted["settled"]),
            tables=tables,
        )

    def sample(self) -> None:
        """Note what the connections wait for now, and how many there are."""
        self.samples += 1
        self.waits.update(row["coalesce"] for row in self._all(_WAITS))
        self.most_connections = max(self.most_connections, self.connections())

    def connections(self) -> int:
        """Connections of clients, without the observer's own."""
        return int(self._one(_CONNECTIONS)["count"]) - 1

    def forget(self) -> None:
        """Count waits, connections and statements anew."""
        self.waits, self.samples, self.most_connections = Counter(), 0, 0
        self._connection.execute("SELECT pg_stat_statements_reset()")

    def dearest(self, most: int = 6) -> list[Statement]:
        """The statements that ran longest since they were last forgotten."""
        found = self._connection.execute(_DEAREST, [most]).fetchall()
        return [
            Statement(calls=row["calls"], seconds=float(row["round"]) / 1000, text=row["regexp_replace"])
            for row in found
        ]

    def memory(self) -> int:
        """Bytes that the server's processes hold, shared ones once, page tables included."""
        return sum(map(_memory_of, _family(self._server.pid)))

    def _all(self, statement: str) -> list[dict[str, Any]]:
        return self._connection.execute(statement).fetchall()

    def _one(self, statement: str) -> dict[str, Any]:
        return self._all(statement)[0]


def cpu_seconds(pid: int) -> float:
    """CPU of a process and of all its children, those that have ended too."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ended = (int(fields[13]) + int(fields[14])) / _TICKS
    return ended + sum(map(_on_cpu, _family(pid)))


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def _on_cpu(pid: int) -> float:
    """Exact to the nanosecond, unlike the ticks of `stat`: thousands of connections use less than a tick each."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / _NANOSECONDS
    return 0.0


def _memory_of(pid: int) -> int:
    with suppress(FileNotFoundError, ProcessLookupError):
        kept = _kilobytes(f"/proc/{pid}/smaps_rollup", "Pss:") + _kilobytes(f"/proc/{pid}/status", "VmPTE:")
        return kept * _KILOBYTE
    return 0


def _kilobytes(path: str, name: str) -> int:
    for line in Path(path).read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    return 0
