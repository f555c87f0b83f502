"""An upload whose network is cut and whose server is killed, again and again, is one whole file, and one task.

MEDIAPROC_TEST_UPLOAD_MB makes it larger: `make uploads` sends 500 MB.
"""

import hashlib
import http.client
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from mediaproc.core.access import Scope
from mediaproc.db.database import Database
from mediaproc.store.store_url import open_store
from tests.parts.clips import Clips
from tests.parts.ports import free_port
from tests.parts.settings import told
from tests.parts.waiting import until
from tests.web.server import Answer, add_token
from tests.web.tus_client import BYTES, PATH, VERSION

MIB = 1024 * 1024
_PIECE = 64 * 1024
_CUTS, _KILLS = 20, (7, 14)


@dataclass
class KilledServer:
    """`mediaproc serve` on one port, which comes back after a kill."""

    settings: Mapping[str, str]
    port: int = field(default_factory=free_port)
    _process: "subprocess.Popen[str] | None" = None

    def start(self) -> None:
        """Returns once it answers."""
        command = [sys.executable, "-m", "mediaproc", "serve", "--listen", f"127.0.0.1:{self.port}"]
        self._process = subprocess.Popen(command, env=told(self.settings), stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline().startswith("Open http://")

    def end(self, how: int) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.communicate(timeout=60)
            self._process = None


@contextmanager
def killed_server(settings: Mapping[str, str]) -> Iterator[KilledServer]:
    """One that has started; it drains at the end of the block."""
    server = KilledServer(settings)
    server.start()
    try:
        yield server
    finally:
        server.end(signal.SIGTERM)


@dataclass(frozen=True, kw_only=True)
class Client:
    """Sends as a browser does: asks where it stands, goes on from there, and begins again when that fails."""

    port: int
    token: str

    def ask(self, method: str, path: str, given: Mapping[str, str]) -> Answer:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request(method, path, headers={**given, "Authorization": f"Bearer {self.token}"})
            answer = connection.getresponse()
            headers = {name.title(): value for name, value in answer.getheaders()}
            return Answer(status=answer.status, headers=headers, body=answer.read())

    def offset(self, path: str) -> int | None:
        """Where the upload stands; None while nobody answers."""
        try:
            answer = self.ask("HEAD", path, VERSION)
        except OSError:
            return None
        assert answer.status == 200
        return int(answer.headers["Upload-Offset"])

    def state(self, path: str) -> Any:  # noqa: ANN401
        return self.ask("GET", path, {}).json()

    def send(self, path: str, data: memoryview, *, offset: int, cut_at: int | None) -> bool:
        """Go on from there, up to where it is cut; False when somebody else is said to send."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.putrequest("PATCH", path)
        size = {"Upload-Offset": str(offset), "Content-Length": str(len(data) - offset)}
        for name, value in {**VERSION, **BYTES, **size, "Authorization": f"Bearer {self.token}"}.items():
            connection.putheader(name, value)
        try:
            connection.endheaders()
            end = len(data) if cut_at is None else cut_at
            for start in range(offset, end, _PIECE):
                connection.send(data[start : min(start + _PIECE, end)])
            if cut_at is None:
                with connection.getresponse() as answer:
                    return answer.status == 204
        except OSError:
            # An answer that came before all was sent: another request's writer has not been silent for long enough.
            return False
        finally:
            connection.close()
        return True


def test_every_byte_arrives_and_becomes_one_task(
    engine: Engine, database_url: str, minio_url: str, clips: Clips, tmp_path: Path
) -> None:
    megabytes = int(os.environ.get("MEDIAPROC_TEST_UPLOAD_MB", "40"))
    dice = random.Random(3)  # noqa: S311 - bytes of a test
    # What follows the film is passed over by players.
    data = clips.make(seed=91).read_bytes() + b"".join(dice.randbytes(MIB) for _ in range(megabytes))
    open_store(minio_url).prepare()
    settings = {"database_url": database_url, "store_url": minio_url, "home": str(tmp_path / "home")}
    with killed_server(settings) as server:
        _send_all(server, data, token=add_token(Database(engine), Scope.ENQUEUE))
    assert list(open_store(minio_url).keys("uploads/")) == []


def _send_all(server: KilledServer, data: bytes, *, token: str) -> None:
    client = Client(port=server.port, token=token)
    length = {"Upload-Length": str(len(data)), "Upload-Metadata": "filename YS5hdmk="}
    begun = client.ask("POST", PATH, {**VERSION, **length})
    path = str(begun.headers["Location"])
    reached = 0
    for cut in range(_CUTS):
        end = len(data) * (cut + 1) // (_CUTS + 1)
        if cut in _KILLS:
            # In the middle of a request.
            client.send(path, memoryview(data), offset=reached, cut_at=end)
            server.end(signal.SIGKILL)
            server.start()
        reached = until(partial(_come_further, client, path, data, beyond=reached, cut_at=end))
    until(lambda: _goes_to_its_end(client, path, data))
    ended = until(lambda: _if_ended(client.state(path)))
    assert (ended["status"], ended["file"]) == ("enqueued", hashlib.sha256(data).hexdigest())
    assert len(ended["tasks"]) == 1


def _come_further(client: Client, path: str, data: bytes, *, beyond: int, cut_at: int) -> int | None:
    """Send more, and cut it; where the upload stands once more of it is kept."""
    offset = client.offset(path)
    if offset is not None and offset <= beyond:
        client.send(path, memoryview(data), offset=offset, cut_at=cut_at)
    return offset if offset is not None and offset > beyond else None


def _goes_to_its_end(client: Client, path: str, data: bytes) -> bool:
    offset = client.offset(path)
    return offset is not None and (
        offset == len(data) or client.send(path, memoryview(data), offset=offset, cut_at=None)
    )


def _if_ended(state: Any) -> Any:  # noqa: ANN401
    return None if state["status"] in {"uploading", "received"} else state
