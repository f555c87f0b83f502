"""A TCP proxy on loopback that injects the faults of a network: it holds, swallows, cuts and refuses.

`Proxy` forwards bytes to any server. `PostgresProxy` also reads the messages of PostgreSQL's protocol 3, so that a
test can hold one statement, or cut a connection between a COMMIT and its answer.
"""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from sqlalchemy import make_url

_CHUNK = 64 * 1024
_STARTUP = 196608
_NO_DELAY = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Proxy:
    """Forwards a loopback port of its own to `target`; its faults begin and end while connections are open."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._changed = threading.Condition()
        self._swallows = False
        self._refuses = False
        self._closed = False
        self._links: list[_Link] = []
        self._threads: list[threading.Thread] = []
        self.accepted = 0
        # Connections that `cut_after` has cut.
        self.cuts = 0
        # Set when bytes or a connection first wait for `heal`.
        self.swallowing = threading.Event()
        self._spawn(self._accept)

    def swallow(self) -> None:
        """From now on nothing arrives in either direction and no side gets an error; all bytes wait for `heal`."""
        with self._changed:
            self._swallows = True

    def refuse(self) -> None:
        """Reset every connection, and each new one at once."""
        with self._changed:
            self._refuses = True
        self.reset()

    def heal(self) -> None:
        """Deliver the bytes that wait, and all later ones; accept connections again."""
        with self._changed:
            self._swallows = self._refuses = False
            for link in self._links:
                link.is_swallowed = False
            self._changed.notify_all()

    def reset(self) -> None:
        """End every open connection in both directions; new connections are accepted."""
        with self._changed:
            links, self._links = self._links, []
        for link in links:
            link.cut()

    def cut_after(self, bytes_from_server: int) -> None:
        """Cut each connection that is open now after so many more bytes from the server."""
        with self._changed:
            for link in self._links:
                link.bytes_left = bytes_from_server

    @property
    def open_connections(self) -> int:
        with self._changed:
            return len(self._links)

    def close(self) -> None:
        """End every connection and every thread."""
        with self._changed:
            self._closed = True
            self._swallows = False
            for link in self._links:
                link.is_swallowed = False
            self._changed.notify_all()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.reset()
        for thread in list(self._threads):
            thread.join(timeout=30)

    def _spawn(self, target: object, *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            self._spawn(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        client.setsockopt(*_NO_DELAY)
        link = _Link(client)
        if not self._admit(link):
            link.cut()
            return
        try:
            link.server = socket.create_connection(("127.0.0.1", self._target))
            # Inside the try: a thread that cuts the link at the same time closes the socket.
            link.server.setsockopt(*_NO_DELAY)
        except OSError:
            self._forget(link)
            return
        self._spawn(self._from_server, link)
        self._from_client(link)
        # While the link is swallowed, the other side does not learn of the end either.
        self._wait_for_heal(link, everything=False)
        self._forget(link)

    def _admit(self, link: "_Link") -> bool:
        with self._changed:
            if self._refuses or self._closed:
                return False
            self._links.append(link)
        self._wait_for_heal(link)
        return not link.is_cut

    def _wait_for_heal(self, link: "_Link", *, everything: bool = True) -> None:
        with self._changed:
            if self._swallows and everything:
                self.swallowing.set()
            self._changed.wait_for(lambda: not (self._swallows and everything) and not link.is_swallowed)

    def _forget(self, link: "_Link") -> None:
        with self._changed:
            if link in self._links:
                self._links.remove(link)
        link.cut()

    def _from_client(self, link: "_Link") -> None:
        for received in link.read(link.client):
            self._wait_for_heal(link)
            if not self._to_server(link, received):
                return

    def _to_server(self, link: "_Link", received: bytes) -> bool:
        """Whether the connection goes on."""
        return link.send(link.server, received)

    def _from_server(self, link: "_Link") -> None:
        for received in link.read(link.server):
            self._wait_for_heal(link)
            if not self._to_client(link, received):
                break
        self._forget(link)

    def _to_client(self, link: "_Link", received: bytes) -> bool:
        if link.bytes_left is not None:
            received, link.bytes_left = received[: link.bytes_left], max(0, link.bytes_left - len(received))
            link.send(link.client, received)
            self.cuts += link.bytes_left == 0
            return link.bytes_left > 0
        return link.send(link.client, received)


class _Link:
    """A client's connection to the proxy, and the proxy's connection to the server for it."""

    def __init__(self, client: socket.socket) -> None:
        self.client = client
        self.server: socket.socket | None = None
        self.bytes_left: int | None = None
        self.is_cut = False
        self.is_swallowed = False
        self.listens = False
        self.unread = b""
        self.is_started = False
        self.statements: list[str] = []
        self.prepared: dict[bytes, str] = {}
        self.awaits_commit: CommitCut | None = None
        self.answer = b""

    def read(self, source: socket.socket | None) -> Iterator[bytes]:
        while source is not None:
            try:
                received = source.recv(_CHUNK)
            except OSError:
                return
            if not received:
                return
            yield received

    def send(self, target: socket.socket | None, message: bytes) -> bool:
        try:
            if target is not None:
                target.sendall(message)
        except OSError:
            return False
        return True

    def cut(self) -> None:
        """Reset both sides, as a node does that has forgotten the connection."""
        self.is_cut = True
        for side in (self.client, self.server):
            if side is None:
                continue
            with suppress(OSError):
                side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            # The shutdown wakes the thread that reads the socket; closing alone would not.
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)
            side.close()


@dataclass
class Hold:
    """Statements with `text` that do not reach the server; `reached` is set when the first one is held."""

    text: str
    times: int
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def release(self) -> None:
        """Let the held statement go on, and hold no further one."""
        self.times = 0
        self.released.set()


@dataclass
class CommitCut:
    """COMMITs that the server executes and whose answers do not arrive; `done` counts them."""

    text: str
    times: int
    # None: the connections are cut, so that the answers never arrive. Otherwise the answers wait for this event.
    released: threading.Event | None = None
    delivered: threading.Event = field(default_factory=threading.Event)
    done: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def count(self) -> None:
        with self.changed:
            self.done += 1
            self.changed.notify_all()

    def release(self) -> None:
        """Let the held answer go, and return once it has arrived."""
        if self.released is not None:
            self.released.set()
            self.delivered.wait()

    def wait_for(self, count: int, *, timeout: float = 60.0) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: self.done >= count, timeout=timeout)


@dataclass
class StatementCount:
    """How many statements with `text` in them passed since the count began."""

    text: str
    count: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def add(self) -> None:
        with self.changed:
            self.count += 1
            self.changed.notify_all()

    def wait_for(self, more: int, *, timeout: float = 60.0) -> bool:
        """Whether so many more statements passed before the timeout."""
        with self.changed:
            enough = self.count + more
            return self.changed.wait_for(lambda: self.count >= enough, timeout=timeout)


class PostgresProxy(Proxy):
    """A proxy that reads PostgreSQL's protocol well enough to pick one statement out of many."""

    def __init__(self, target: int) -> None:
        self._holds: list[Hold] = []
        self._cuts: list[CommitCut] = []
        self._watched: list[StatementCount] = []
        self._deafens = False
        super().__init__(target)

    def watch(self, text: str) -> StatementCount:
        """Count the statements with `text` in them."""
        count = StatementCount(text=text)
        self._watched.append(count)
        return count

    def deafen(self) -> None:
        """Until `heal`, cut every connection that listens and each that begins to listen; other connections go on."""
        self._deafens = True
        for link in self._listening():
            link.cut()

    def swallow_listeners(self) -> None:
        """The connections that listen now are half open until `heal`: nothing arrives, and no side gets an error."""
        for link in self._listening():
            # Outside of a transaction only: the server ends a session that stays idle in one.
            while link.statements:
                time.sleep(0.001)
            link.is_swallowed = True

    def heal(self) -> None:
        self._deafens = False
        super().heal()

    def _listening(self) -> list["_Link"]:
        with self._changed:
            return [link for link in self._links if link.listens]

    def hold(self, text: str, *, times: int = 1) -> Hold:
        """Hold the next statement with `text` in it, and all that its connection sends after it."""
        held = Hold(text=text, times=times)
        self._holds.append(held)
        return held

    def cut_commit(self, text: str, *, times: int = 1) -> CommitCut:
        """Cut the connection after the COMMIT of a transaction with `text` in it, before its answer arrives.

        A statement outside of any transaction is its own commit.
        """
        cut = CommitCut(text=text, times=times)
        self._cuts.append(cut)
        return cut

    def hold_answer(self, text: str) -> CommitCut:
        """Hold the answer to the next such COMMIT until it is released: the server has committed, the client waits."""
        held = CommitCut(text=text, times=1, released=threading.Event())
        self._cuts.append(held)
        return held

    def close(self) -> None:
        for hold in self._holds:
            hold.release()
        for cut in self._cuts:
            if cut.released is not None:
                cut.released.set()
        super().close()

    def _to_server(self, link: _Link, received: bytes) -> bool:
        link.unread += received
        while (message := _next_message(link)) is not None:
            sql = _executed_sql(link, message) if link.is_started else None
            if sql is not None and not (self._count_statement(link, sql=sql) and self._hold_statement(link, sql=sql)):
                return False
            if not link.send(link.server, message):
                return False
            if not link.is_started and _is_startup(message):
                link.is_started = True
        return True

    def _count_statement(self, link: _Link, *, sql: str) -> bool:
        """Count the statement where a test asked for that; returns whether the connection goes on."""
        for count in self._watched:
            if count.text in sql:
                count.add()
        link.listens |= sql.startswith("LISTEN")
        return not (link.listens and self._deafens)

    def _hold_statement(self, link: _Link, *, sql: str) -> bool:
        """Hold the statement where a test asked for that; returns whether the connection goes on."""
        for hold in self._holds:
            if hold.times > 0 and hold.text in sql:
                hold.times -= 1
                hold.reached.set()
                hold.released.wait()
                if link.is_cut:
                    return False
        word = sql.lstrip().split(None, 1)[0].upper() if sql.strip() else ""
        if word == "BEGIN":
            link.statements = []
        if word == "ROLLBACK":
            link.statements = []
            return True
        link.statements.append(sql)
        is_last = word == "COMMIT" or link.statements[0].lstrip()[:5].upper() != "BEGIN"
        if is_last:
            transaction, link.statements = link.statements, []
            link.awaits_commit = next(
                (cut for cut in self._cuts if cut.times > 0 and any(cut.text in each for each in transaction)), None
            )
            if link.awaits_commit is not None:
                link.awaits_commit.times -= 1
                link.answer = b""
        return True

    def _to_client(self, link: _Link, received: bytes) -> bool:
        cut = link.awaits_commit
        if cut is None:
            return super()._to_client(link, received)
        link.answer += received
        if not _is_ready(link.answer):
            return True
        link.awaits_commit = None
        if cut.released is None:
            link.cut()
            cut.count()
            return False
        cut.count()
        cut.released.wait()
        goes_on = super()._to_client(link, link.answer)
        cut.delivered.set()
        return goes_on


def _next_message(link: _Link) -> bytes | None:
    """The client's next whole message, removed from the unread bytes; messages before the startup have no type byte."""
    prefix = 1 if link.is_started else 0
    if len(link.unread) < prefix + 4:
        return None
    size: int = prefix + struct.unpack_from("!i", link.unread, prefix)[0]
    if len(link.unread) < size:
        return None
    message, link.unread = link.unread[:size], link.unread[size:]
    return message


def _is_startup(message: bytes) -> bool:
    code: int = struct.unpack_from("!i", message, 4)[0]
    return code == _STARTUP


def _executed_sql(link: _Link, message: bytes) -> str | None:
    """The text of the statement that the message executes: a prepared one is executed at each Bind of its name."""
    match message[:1]:
        case b"Q":
            return message[5:].rstrip(b"\0").decode(errors="replace")
        case b"P":
            name, sql, _types = message[5:].split(b"\0", 2)
            if not name:
                return sql.decode(errors="replace")
            link.prepared[name] = sql.decode(errors="replace")
        case b"B":
            _portal, name, _parameters = message[5:].split(b"\0", 2)
            return link.prepared.get(name)
    return None


def _is_ready(answer: bytes) -> bool:
    """Whether the server's answer is whole, which it is when ReadyForQuery has come."""
    at = 0
    while len(answer) >= at + 5:
        size: int = 1 + struct.unpack_from("!i", answer, at + 1)[0]
        if len(answer) < at + size:
            return False
        if answer[at : at + 1] == b"Z":
            return True
        at += size
    return False


@contextmanager
def proxy_to(target: int) -> Iterator[Proxy]:
    proxy = Proxy(target)
    try:
        yield proxy
    finally:
        proxy.close()


@contextmanager
def postgres_proxy_to(target: int) -> Iterator[PostgresProxy]:
    proxy = PostgresProxy(target)
    try:
        yield proxy
    finally:
        proxy.close()


@contextmanager
def proxied(database_url: str) -> Iterator[tuple[PostgresProxy, str]]:
    """A proxy in front of the database, and the URL that leads through it."""
    url = make_url(database_url)
    assert url.port is not None
    with postgres_proxy_to(url.port) as proxy:
        yield proxy, url.set(port=proxy.port).render_as_string(hide_password=False)
