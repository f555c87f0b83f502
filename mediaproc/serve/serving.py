"""The server of the page and the HTTP API, from its start to its end, and the executor beside it."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol
from urllib.parse import urlsplit

from structlog.typing import FilteringBoundLogger

from mediaproc import clock, log
from mediaproc.acts.logins import make_login_link
from mediaproc.config import PREFIX, Settings, as_variables
from mediaproc.db.access.web_key import web_key
from mediaproc.environment import variables
from mediaproc.listening_socket import address_of, listening_socket
from mediaproc.parts import Parts, open_parts
from mediaproc.randomness import secret_bytes
from mediaproc.serve.child_executor import ChildExecutor
from mediaproc.serve.http_server import HttpServer
from mediaproc.serve.own_names import login_url, own_names
from mediaproc.signals import Stop
from mediaproc.startup import until_it_works
from mediaproc.store.interface import Store
from mediaproc.web.app import make_app
from mediaproc.web.site import Site

# Connections to the database: requests are answered in threads, most of which wait for nothing else.
_CONNECTIONS = 16
_BACKLOG = 128
_KEY_BYTES = 32
# Seconds that a look at what was on screens may take to its end, before the database is closed.
_LAST_LOOK = 2.0
# Seconds beyond the drain's grace, or after it was told to hurry, after which an executor that has not ended is killed.
DRAIN_PATIENCE = 20.0


def serve(settings: Settings, *, with_executor: bool, stop: Stop, say: Callable[[str], None]) -> None:
    """Answer until `stop` is told; `say` hears the one line for a person, with a link that lets them in once.

    Raises:
        PartMissing: something is not there that waiting cannot mend, or the address is taken.
        WrongUse: nobody said under which names it is opened.
    """
    names = own_names(settings.listen, given=settings.web_hosts)
    logger = log.get()
    with (
        listening_socket(settings.listen, backlog=_BACKLOG, setting="MEDIAPROC_LISTEN") as listening,
        open_parts(settings, application_name="mediaproc serve", connections=_CONNECTIONS) as parts,
    ):
        site = _site(parts, names=names, stop=stop, log=logger)
        if site is None:
            return
        with (
            _answering(site, listening=listening, stop=stop) as server,
            _executor(settings, wanted=with_executor, stop=stop),
        ):
            address = address_of(listening)
            link = login_url(address, prefix=site.prefix, secret=make_login_link(parts.database))
            say(f"Open {link} (10 minutes, once)")
            logger.info("serving", address=str(address), prefix=site.prefix)
            while not stop.drain.wait(0.5) and not server.has_ended:
                pass
            # From here on nobody begins anything: what runs ends, and who looks may look on.
            site.ending.set()
            site.hub.end()


def _site(parts: Parts, *, names: frozenset[str], stop: Stop, log: FilteringBoundLogger) -> Site | None:
    """What handlers need, once the database answers; None when `stop` was told first."""
    made: list[Site] = []

    def make() -> None:
        parts.require_schema()
        with parts.database.write() as connection:
            key = web_key(connection, offered=secret_bytes(_KEY_BYTES))
        made.append(
            Site(
                parts=parts,
                key=key,
                log=log,
                prefix=parts.settings.prefix or "",
                hosts=names,
                media_origins=_origins(parts.store),
            )
        )

    return made[0] if until_it_works(make, stop=stop, log=log) else None


def _origins(store: Store) -> tuple[str, ...]:
    """Where browsers get what the store keeps, if the store itself gives it to them."""
    parts = urlsplit(store.url("object"))
    return (f"{parts.scheme}://{parts.netloc}",) if parts.scheme in {"http", "https"} else ()


@contextmanager
def _answering(site: Site, *, listening: socket.socket, stop: Stop) -> Iterator[HttpServer]:
    """Inside the block requests are answered."""
    server = HttpServer(make_app(site), listening=listening, proxies=site.parts.settings.web_proxies or ())
    server.start()
    try:
        yield server
    finally:
        site.ending.set()
        site.hub.end()
        server.end(hurry=stop.hurry)
        site.hub.join(within=_LAST_LOOK)
    if server.failed is not None:
        raise server.failed


@contextmanager
def _executor(settings: Settings, *, wanted: bool, stop: Stop) -> Iterator[None]:
    """Inside the block an executor runs beside the server; at its end it drains, also where it has to be made to."""
    if not wanted:
        yield
        return
    inherited = {name: value for name, value in variables().items() if not name.upper().startswith(PREFIX)}
    child = ChildExecutor({**inherited, **as_variables(settings)}, log=log.get())
    child.start()
    try:
        yield
    finally:
        child.tell()
        wait_for(child, patience=settings.drain_grace + DRAIN_PATIENCE, stop=stop)


class Ending(Protocol):
    """What is waited for."""

    def has_ended(self, *, within: float) -> bool:
        """As ChildExecutor.has_ended."""

    def tell(self) -> None:
        """As ChildExecutor.tell."""

    def kill(self) -> None:
        """As ChildExecutor.kill."""


def wait_for(child: Ending, *, patience: float, stop: Stop) -> None:
    """Returns once it has ended; it is killed after so many seconds, and when told to hurry sooner."""
    until, is_hurried = clock.elapsed() + patience, False
    while (left := until - clock.elapsed()) > 0:
        if child.has_ended(within=min(left, 0.2)):
            return
        if stop.hurry.is_set() and not is_hurried:
            child.tell()
            until, is_hurried = min(until, clock.elapsed() + DRAIN_PATIENCE), True
    child.kill()
    child.has_ended(within=DRAIN_PATIENCE)
