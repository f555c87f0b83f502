"""The application of a site behind a real server, in a thread of the test, and a client that asks it."""

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog
import urllib3
import uvicorn
from fastapi import FastAPI

from mediaproc import randomness
from mediaproc.core.access import TOKEN_BYTES, Access, Scope, Token, digest
from mediaproc.db.access import sessions, tokens
from mediaproc.db.access.web_key import web_key
from mediaproc.db.database import Database
from mediaproc.parts import Parts
from mediaproc.web.app import make_app
from mediaproc.web.rate import Rate
from mediaproc.web.site import Site
from tests.parts.ports import free_port


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401
        """The object in it."""
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server that runs, and the site that it serves."""

    url: str
    site: Site
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False, timeout=60))

    def token(self, *scopes: Scope, tenant: str | None = None) -> str:
        """A token of these scopes."""
        return token_of(self.site, *scopes, tenant=tenant)

    def login(self, *scopes: Scope, tenant: str | None = None) -> str:
        """The cookie of a browser that is logged in with these scopes."""
        return login_of(self.site, *scopes, tenant=tenant)

    def ask(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request, no redirect followed; a `body` that is no bytes goes as JSON."""
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        if body is not None and not isinstance(body, bytes):
            sent.setdefault("Content-Type", "application/json")
            body = json.dumps(body).encode()
        answer = self.pool.request(method, self.url + path, body=body, headers=sent, redirect=False)
        return Answer(status=answer.status, headers=answer.headers, body=answer.data)

    def get(self, path: str, *, token: str | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        """What a GET answers."""
        return self.ask("GET", path, token=token, headers=headers)


# Tests read what commands print beside a server: nothing of its log gets between.
_SILENT = structlog.wrap_logger(structlog.testing.ReturnLogger())


def site_of(parts: Parts, **changed: Any) -> Site:  # noqa: ANN401
    """The site of these parts, which lets through as many requests as tests make."""
    with parts.database.write() as connection:
        key = web_key(connection, offered=randomness.secret_bytes(32))
    unlimited = Rate(per_second=1e6, burst=1_000_000)
    usual = {"parts": parts, "key": key, "log": _SILENT, "request_rate": unlimited, "login_rate": unlimited}
    return Site(**(usual | changed))


def token_of(site: Site, *scopes: Scope, tenant: str | None = None) -> str:
    """A token of these scopes, as a person has it."""
    return add_token(site.parts.database, *scopes, tenant=tenant)


def add_token(database: Database, *scopes: Scope, tenant: str | None = None) -> str:
    """As `token_of`, in a site of this database."""
    token = Token.of(randomness.secret_bytes(TOKEN_BYTES))
    with database.write() as connection:
        tokens.add_token(
            connection,
            token_id=token.id,
            secret_sha256=digest(token.secret),
            scopes=scopes,
            tenant=tenant,
            name="test",
            life=None,
            created_by="test",
        )
    return token.text


def login_of(site: Site, *scopes: Scope, tenant: str | None = None) -> str:
    """The secret that a browser has as its cookie once somebody with these scopes has logged in."""
    secret = randomness.secret_bytes(32).hex()
    access = Access(scopes=frozenset(scopes), tenant=tenant, actor="anna")
    with site.parts.database.write() as connection:
        sessions.begin_session(connection, secret_sha256=digest(secret), access=access)
    return secret


@contextmanager
def serving(site: Site, *, changed: Callable[[FastAPI], FastAPI] = lambda app: app) -> Iterator[Server]:
    """A server of the site on a free port, until the block ends; by then whoever read a stream has gone."""
    port = free_port()
    config = uvicorn.Config(changed(make_app(site)), host="127.0.0.1", port=port, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    started = threading.Event()
    startup = server.startup

    async def tell(sockets: list[socket.socket] | None = None) -> None:
        await startup(sockets)
        started.set()

    server.startup = tell  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert started.wait(60)
    try:
        yield Server(url=f"http://127.0.0.1:{port}", site=site)
    finally:
        server.should_exit = True
        thread.join(60)
        site.hub.end()
        site.hub.join(within=60)
        assert not thread.is_alive(), "something still waits for an answer: a page is to be closed before its server"
