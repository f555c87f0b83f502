"""An executor tells what it does and what its site is like, also while the database is away, and holds nothing up."""

import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, text

from mediaproc import clock, log
from mediaproc.core.errors import PartMissing
from mediaproc.core.listen_address import ListenAddress
from mediaproc.core.pause import Scope
from mediaproc.db.database import Database
from mediaproc.db.pauses import pause
from mediaproc.executor.executor import Executor
from mediaproc.metrics.catalogue import METRICS, Kind
from mediaproc.monitoring.endpoint import monitored
from mediaproc.monitoring.executor_samples import Watched
from tests.db.task_rows import add_tasks
from tests.parts.site import Site
from tests.parts.started_executor import started
from tests.parts.waiting import until

_ANY_PORT = ListenAddress("127.0.0.1", 0)
_OF_THE_SITE = {"mediaproc_backlog_tasks", "mediaproc_backlog_age_seconds", "mediaproc_exhausted_tasks"}


@pytest.fixture
def watched(engine: Engine, directory_site: Site, tmp_path: Path) -> Iterator[Watched]:
    with started(engine, store=directory_site.store, folder=tmp_path) as watched:
        yield watched


@dataclass(frozen=True)
class Endpoint:
    """Asks an address, each time over a new connection."""

    address: ListenAddress

    def get(self, path: str) -> tuple[int, str]:
        connection = HTTPConnection(self.address.host, self.address.port, timeout=120)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def values(self) -> dict[tuple[str, frozenset[str]], float]:
        """Each value of a scrape, by its name and what its labels hold."""
        families = text_string_to_metric_families(self.get("/metrics")[1])
        return {
            (each.name, frozenset(each.labels.values())): each.value for family in families for each in family.samples
        }

    def told(self, path: str) -> tuple[int, dict[str, Any]]:
        status, body = self.get(path)
        return status, json.loads(body)


@pytest.fixture
def endpoint(engine: Engine, watched: Watched) -> Iterator[Endpoint]:
    with monitored(_ANY_PORT, watched=watched, database=Database(engine), log=log.get()) as address:
        assert address is not None
        yield Endpoint(address)


def test_a_scrape_tells_of_the_executor_and_of_the_site(
    engine: Engine, endpoint: Endpoint, watched: Watched, directory_site: Site
) -> None:
    add_tasks(engine, count=3, bucket=directory_site.store.bucket)
    with engine.begin() as connection:
        connection.execute(text("UPDATE media_process SET next_attempt_at = now() - interval '100 seconds'"))
        pause(connection, scope=Scope(profile="poster"), until=None, because=None, actor="ann@node")
    before = endpoint.values()
    assert before["mediaproc_database_up", frozenset()] == 1
    assert before["mediaproc_backlog_tasks", frozenset({"mp4", "slot", "pending"})] == 3
    assert before["mediaproc_backlog_age_seconds", frozenset({"mp4"})] >= 100
    assert before["mediaproc_executors", frozenset({"running"})] == 1
    assert before["mediaproc_pauses", frozenset({"profile"})] == 1
    assert before["mediaproc_executor_state", frozenset({"running"})] == 1
    assert (before["mediaproc_slots", frozenset()], before["mediaproc_slots_busy", frozenset()]) == (2, 0)
    assert before["mediaproc_breaker_state", frozenset({"store", "closed"})] == 1
    assert before["mediaproc_scratch_free_bytes", frozenset()] > 0
    watched.executor.tick()
    # None of the sources is in the store.
    failed = ("mediaproc_attempts_total", frozenset({"mp4", "failed", "source_missing"}))
    until(lambda: watched.executor.tally["failed"] == 3 and not watched.executor.running())
    after = endpoint.values()
    assert after[failed] == 3
    assert after["mediaproc_claims_total", frozenset({"mp4"})] == 3
    assert after["mediaproc_claims_lost_total", frozenset()] == 0
    assert after["mediaproc_ticks_overlapped_total", frozenset({"tick"})] == 0


def test_every_metric_of_the_catalogue_is_told_and_no_other(endpoint: Endpoint) -> None:
    told = {line.split(" ")[2] for line in endpoint.get("/metrics")[1].splitlines() if line.startswith("# TYPE")}
    # Counters by profile and the histogram come with the first attempt: the tests of the tally have those.
    of_attempts = {
        name for name, each in METRICS.items() if each.kind is not Kind.GAUGE and "schedule" not in each.labels
    }
    assert {name for name in told if name.startswith("mediaproc_")} >= METRICS.keys() - of_attempts - _OF_THE_SITE
    assert {name for name in told if name.startswith("mediaproc_")} <= METRICS.keys()
    assert "process_cpu_seconds_total" in told


def test_a_living_and_ready_executor_says_so(endpoint: Endpoint) -> None:
    assert endpoint.told("/livez") == (200, {"alive": True, "reason": None})
    status, said = endpoint.told("/readyz")
    assert (status, said["ready"], said["parts"]) == (200, True, {"database": None, "store": None, "ffmpeg": None})


def test_a_thread_that_stands_still_is_a_reason_to_restart(
    endpoint: Endpoint, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    until(lambda: watched.executor.standing_still(clock.elapsed() + 3600) == "self-fence")
    assert watched.executor.standing_still(clock.elapsed()) is None
    monkeypatch.setattr(Executor, "standing_still", lambda _self, _now: "heartbeat")
    status, said = endpoint.told("/livez")
    assert status == 503
    assert said["reason"] == "The thread heartbeat has stood still for too long: restart the executor."


@pytest.fixture(params=["refuses", "hangs"])
def away(request: pytest.FixtureRequest, watched: Watched) -> Iterator[Endpoint]:
    """An endpoint whose database is away: nobody listens there, or nobody answers who does."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        if request.param == "refuses":
            silent.close()
        database = Database.at(f"postgresql://a:b@127.0.0.1:{port}/c")
        with monitored(_ANY_PORT, watched=watched, database=database, log=log.get()) as address:
            assert address is not None
            yield Endpoint(address)
        silent.close()
    database.close()


def test_while_the_database_is_away_a_scrape_tells_only_that_of_the_site(away: Endpoint) -> None:
    values = away.values()
    assert values["mediaproc_database_up", frozenset()] == 0
    assert values["mediaproc_slots", frozenset()] == 2
    assert not {name for name, _ in values} & (_OF_THE_SITE | {"mediaproc_executors", "mediaproc_pauses"})
    status, said = away.told("/readyz")
    assert (status, said["ready"], said["parts"]["store"], said["parts"]["ffmpeg"]) == (503, False, None, None)
    assert said["reason"] == said["parts"]["database"]
    assert away.told("/livez")[0] == 200


def test_a_store_that_is_gone_makes_it_unready(endpoint: Endpoint, watched: Watched, directory_site: Site) -> None:
    def refuse() -> None:
        raise PartMissing("The store's disk is gone.")

    _replace(watched, refuse)
    with monitored(_ANY_PORT, watched=watched, database=Database(directory_site.engine), log=log.get()) as address:
        assert address is not None
        status, said = Endpoint(address).told("/readyz")
    assert (status, said["parts"]["store"]) == (503, "The store's disk is gone.")
    assert endpoint.told("/readyz")[0] == 200


def _replace(watched: Watched, check: Callable[[], None]) -> None:
    object.__setattr__(watched.context.store, "check", check)


def test_without_an_address_nothing_listens(watched: Watched, engine: Engine) -> None:
    with monitored(None, watched=watched, database=Database(engine), log=log.get()) as address:
        assert address is None
