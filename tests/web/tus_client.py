"""A client of tus that can be cut in the middle of a request."""

import base64
import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.web.server import Answer, Server

PATH = "/api/v1/uploads"
VERSION = {"Tus-Resumable": "1.0.0"}
BYTES = {"Content-Type": "application/offset+octet-stream"}


def metadata(**texts: str) -> Mapping[str, str]:
    """The header of these texts."""
    pairs = [f"{name} {base64.b64encode(text.encode()).decode()}" for name, text in texts.items()]
    return {"Upload-Metadata": ",".join(pairs)}


@dataclass(frozen=True)
class TusClient:
    """Uploads with one token to one server."""

    server: Server
    token: str

    def ask(self, method: str, path: str, *, body: bytes | None = None, **headers: str) -> Answer:
        """One request of tus; `Upload_Offset` names the header Upload-Offset."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {**VERSION, **(BYTES if body is not None else {}), **named}
        return self.server.ask(method, path, token=self.token, body=body, headers=sent)

    def begin(self, size: int, **texts: str) -> str:
        """The path of a new upload."""
        headers = {**VERSION, "Upload-Length": str(size), **metadata(**{"filename": "film.avi"} | texts)}
        begun = self.server.ask("POST", PATH, token=self.token, headers=headers)
        assert begun.status == 201, begun.text
        return begun.headers["Location"]

    def send(self, path: str, data: bytes, *, offset: int) -> Answer:
        return self.ask("PATCH", path, body=data, Upload_Offset=str(offset))

    def offset(self, path: str) -> int:
        answer = self.ask("HEAD", path)
        assert answer.status == 200
        return int(answer.headers["Upload-Offset"])

    def begin_to_send(self, path: str, data: bytes, *, offset: int, promised: int) -> http.client.HTTPConnection:
        """A request that has brought `data` of the bytes that it promised, and is still open."""
        where = urlsplit(self.server.url)
        connection = http.client.HTTPConnection(where.hostname or "", where.port)
        connection.putrequest("PATCH", path)
        headers = {**VERSION, **BYTES, "Upload-Offset": str(offset), "Content-Length": str(promised)}
        for name, value in {**headers, "Authorization": f"Bearer {self.token}"}.items():
            connection.putheader(name, value)
        connection.endheaders(data)
        return connection

    def state(self, path: str) -> dict[str, object]:
        """What the API tells of the upload."""
        answer = self.server.get(path, token=self.token)
        assert answer.status == 200, answer.text
        told: dict[str, object] = answer.json()
        return told
