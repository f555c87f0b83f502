"""The address where an executor tells its metrics and its health, as long as it runs."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain

from structlog.typing import FilteringBoundLogger

from mediaproc import clock
from mediaproc.core.listen_address import ListenAddress
from mediaproc.db.database import Database
from mediaproc.metrics.exposition import Exposition
from mediaproc.metrics.http_listener import Answer, HttpListener
from mediaproc.monitoring.executor_samples import Watched, executor_samples
from mediaproc.monitoring.readiness import Readiness
from mediaproc.monitoring.site_samples import SiteSamples

_OK, _UNAVAILABLE = 200, 503


@contextmanager
def monitored(
    address: ListenAddress | None, *, watched: Watched, database: Database, log: FilteringBoundLogger
) -> Iterator[ListenAddress | None]:
    """Inside the block the address answers, which is yielded with its port; without one nothing is told or imported.

    Raises:
        PartMissing: prometheus-client is not installed, or the address cannot be had.
    """
    if address is None:
        yield None
        return
    site = SiteSamples(database, profiles=watched.context.known_profiles)
    exposition = Exposition(lambda: chain(executor_samples(watched), site.samples()))
    readiness = Readiness(database, context=watched.context)
    listener = HttpListener(
        address,
        answers={
            "/metrics": lambda: Answer(content_type=exposition.content_type, body=exposition.text()),
            "/livez": lambda: _liveness(watched),
            "/readyz": lambda: _readiness(readiness),
        },
        log=log,
    )
    listener.start()
    log.info("metrics_told", address=str(listener.address))
    try:
        yield listener.address
    finally:
        listener.end()


def _liveness(watched: Watched) -> Answer:
    """Whether the process works: it says so itself, and its threads go on."""
    still = watched.executor.standing_still(clock.elapsed())
    sentence = None if still is None else f"The thread {still} has stood still for too long: restart the executor."
    return _told({"alive": still is None, "reason": sentence}, works=still is None)


def _readiness(readiness: Readiness) -> Answer:
    faults = readiness.faults()
    is_ready = not any(faults.values())
    reason = next((sentence for sentence in faults.values() if sentence), None)
    return _told({"ready": is_ready, "reason": reason, "parts": dict(faults)}, works=is_ready)


def _told(said: dict[str, object], *, works: bool) -> Answer:
    return Answer(
        status=_OK if works else _UNAVAILABLE, content_type="application/json", body=f"{json.dumps(said)}\n".encode()
    )
