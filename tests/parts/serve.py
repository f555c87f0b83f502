"""`mediaproc serve` as a process of its own, and a client of it that follows no redirect."""

import json
import re
import subprocess
from collections.abc import Mapping
from types import MappingProxyType
from typing import IO, Any, NamedTuple
from urllib.parse import urlencode

import urllib3

from tests.parts.executors import ExecutorProcess

_LINE = re.compile(r"Open (?P<url>http://[^ ]+)/login\?once=(?P<secret>[0-9a-f]{64}) \(10 minutes, once\)\n")
# What a browser sends with a form of a page of ours.
FROM_OUR_PAGE = MappingProxyType({"Sec-Fetch-Site": "same-origin", "Accept": "text/html"})


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str

    def json(self) -> Any:  # noqa: ANN401
        return json.loads(self.text)


class Client:
    """Asks one server, with the cookie of its last login."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.cookie: str | None = None
        self._pool = urllib3.PoolManager(retries=False, timeout=60)

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] = MappingProxyType({}),
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request; a `form` goes as a page of ours sends it."""
        sent = dict(headers)
        if self.cookie:
            sent.setdefault("Cookie", self.cookie)
        body = None
        if form is not None:
            sent = {**FROM_OUR_PAGE, "Content-Type": "application/x-www-form-urlencoded", **sent}
            body = urlencode(form).encode()
        answer = self._pool.request(method, f"{self.url}{path}", body=body, headers=sent, redirect=False)
        return Answer(answer.status, answer.headers, answer.data.decode())

    def get(self, path: str, *, page: bool = False, own_connection: bool = False) -> Answer:
        """A GET, as a program asks, or as a browser does for a page; `own_connection`: no later request uses its."""
        headers = {"Accept": "text/html"} if page else {}
        return self.ask("GET", path, headers=headers | ({"Connection": "close"} if own_connection else {}))

    def log_in(self, secret: str, *, path: str = "/") -> Answer:
        """Press the button of the link, and keep the cookie where it works."""
        answer = self.ask("POST", "/login", form={"once": secret, "next": path})
        if answer.status == 303:
            self.cookie = answer.headers["Set-Cookie"].partition(";")[0]
        return answer


class ServeProcess(ExecutorProcess):
    """A server on a free port, whose one line on standard output has been read."""

    def __init__(self, *, settings: Mapping[str, str], arguments: tuple[str, ...] = ()) -> None:
        """It answers once this returns.

        Raises:
            TimeoutError: it ended without its line.
        """
        super().__init__(
            settings={"listen": "127.0.0.1:0", **settings}, arguments=arguments, command="serve", stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        self._output: IO[bytes] = self._process.stdout
        self.line = self._output.readline().decode()
        found = _LINE.fullmatch(self.line)
        if found is None:
            raise TimeoutError(f"no link but {self.line!r} {self._aborted()}")
        self.url, self.secret = found["url"], found["secret"]

    def client(self) -> Client:
        return Client(self.url)

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        self._output.close()
