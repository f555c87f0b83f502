"""Uvicorn, in a thread of its own: the main thread keeps the signals."""

import asyncio
import socket
import threading
from collections.abc import Collection

import uvicorn
from fastapi import FastAPI

from mediaproc import clock

# Seconds for answers that are under way at the end, and for all else that the server then does.
_GRACE, _PATIENCE = 5, 10.0
# Connections beyond these are answered with 503: browsers hold up to six each.
_MOST_CONNECTIONS = 1000


class HttpServer:
    """The application on a socket that listens already."""

    def __init__(self, app: FastAPI, *, listening: socket.socket, proxies: Collection[str]) -> None:
        """What `proxies`, addresses or networks, say of the client is believed; what others say is not."""
        config = uvicorn.Config(
            app,
            loop="asyncio",
            http="h11",
            ws="none",
            lifespan="on",
            # Our log is set up already; `web/request_log.py` writes a line for each request.
            log_config=None,
            access_log=False,
            workers=1,
            server_header=False,
            # Both said, since uvicorn would believe this machine, and the environment.
            proxy_headers=bool(proxies),
            forwarded_allow_ips=list(proxies),
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_graceful_shutdown=_GRACE,
        )
        self._server = uvicorn.Server(config)
        self._listening = listening
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)
        self.failed: BaseException | None = None

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    @property
    def has_ended(self) -> bool:
        """Whether it answers no more, whoever ended it."""
        return not self._thread.is_alive()

    def end(self, *, hurry: threading.Event) -> None:
        """Take no more requests, let those that are under way end, and return; told to hurry, cut them off."""
        self._server.should_exit = True
        until = clock.elapsed() + _GRACE + _PATIENCE
        while self._thread.is_alive() and clock.elapsed() < until:
            self._thread.join(0.1)
            self._server.force_exit = self._server.force_exit or hurry.is_set()

    def _run(self) -> None:
        try:
            asyncio.run(self._server.serve(sockets=[self._listening]))
        except BaseException as error:  # noqa: BLE001 - the main thread raises it again
            self.failed = error
