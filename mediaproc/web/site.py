"""What the handlers of one server need of its site."""

import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated

from fastapi import Depends, Request
from structlog.typing import FilteringBoundLogger

from mediaproc.app import make_uploads, site_profiles
from mediaproc.core.errors import WrongUse
from mediaproc.core.profile import Profile, profile_named
from mediaproc.db.database import Connection
from mediaproc.enqueue.resumable import ResumableUploads
from mediaproc.parts import Parts
from mediaproc.web.live.hub import Hub
from mediaproc.web.rate import Rate
from mediaproc.web.rendering import Renderer

# Seconds.
_READ_WITHIN = 2.0


@dataclass(frozen=True, kw_only=True)
class Site:
    """The parts of a server. `key` is the site's own, the same for all its servers: it signs cursors and links."""

    parts: Parts
    key: bytes
    log: FilteringBoundLogger
    # The path that stands before every path, such as `/media`, or nothing.
    prefix: str = ""
    # The names that it answers to: HOST for any port, or HOST:PORT.
    hosts: frozenset[str] = frozenset({"localhost", "127.0.0.1", "[::1]"})
    # Origins, beside its own, from which a page may play what the store keeps.
    media_origins: tuple[str, ...] = ()
    # Set once the server is being stopped: nothing is begun any more, and what waits for events ends.
    ending: threading.Event = field(default_factory=threading.Event)
    # Of each caller, and of whoever tries to log in from each address.
    request_rate: Rate = field(default_factory=lambda: Rate(per_second=50, burst=500))
    login_rate: Rate = field(default_factory=lambda: Rate(per_second=10 / 60, burst=10))

    @cached_property
    def renderer(self) -> Renderer:
        """What fills the templates in."""
        return Renderer(prefix=self.prefix)

    @cached_property
    def uploads(self) -> ResumableUploads:
        """What this server does with uploads."""
        return make_uploads(self.parts, log=self.log)

    def read(self) -> AbstractContextManager[Connection]:
        """A transaction that changes nothing, whose statements somebody waits for: each ends soon."""
        return self.parts.database.read(within=_READ_WITHIN)

    @cached_property
    def hub(self) -> Hub:
        """Tells readers what changes; its thread begins with the first of them."""
        return Hub(self.parts.database, log=self.log)

    def profile(self, name: str) -> Profile | None:
        """The recipe of the name; None where the site has given it up."""
        try:
            return profile_named(name, extra=site_profiles(self.parts.settings))
        except WrongUse:
            return None

    def url(self, path: str) -> str:
        """The path as a browser asks for it."""
        return f"{self.prefix}{path}"


def site_of(request: Request) -> Site:
    """The site whose application got the request."""
    site: Site = request.app.state.site
    return site


def origin_of(request: Request) -> str:
    """How the server was asked for: scheme, host and port."""
    return f"{request.url.scheme}://{request.url.netloc}"


# A handler's parameter.
TheSite = Annotated[Site, Depends(site_of)]
