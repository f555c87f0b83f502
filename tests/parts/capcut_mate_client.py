"""Asks as capcut-mate's clients do: its paths and fields, with headers as the libraries send them that they use.

Its desktop client asks for drafts with axios, and the programs that are written for its API with `requests`. Paths and
fields are those that its server reads, the headers those of these two libraries. None of it was recorded from a client:
a test with this one shows that such calls are understood, not that each byte is as there.
"""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import urllib3

_API = "/openapi/capcut-mate/v1"
_OF_REQUESTS = {"User-Agent": "python-requests/2.32.3", "Accept-Encoding": "gzip, deflate", "Accept": "*/*"}
_OF_AXIOS = {
    "Accept": "application/json, text/plain, */*",
    "User-Agent": (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
        " Chrome/91.0.4472.124 Safari/537.36"
    ),
    "Accept-Encoding": "gzip, compress, deflate, br",
}


@dataclass(frozen=True, kw_only=True)
class CapcutMateClient:
    """For one server."""

    url: str
    api_key: str | None = None
    language: str | None = None
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False, timeout=60))

    def create_draft(self, *, width: int, height: int) -> Any:  # noqa: ANN401 - JSON
        return self.post("create_draft", {"width": width, "height": height})

    def get_draft(self, draft_url: str) -> Any:  # noqa: ANN401 - JSON
        """As the desktop client does, which is given the URL."""
        return self._answer(self.pool.request("GET", draft_url, headers=_OF_AXIOS))

    def gen_video(self, draft_url: str) -> Any:  # noqa: ANN401 - JSON
        key = {} if self.api_key is None else {"apiKey": self.api_key}
        return self.post("gen_video", {"draft_url": draft_url, **key})

    def gen_video_status(self, draft_url: str) -> Any:  # noqa: ANN401 - JSON
        return self.post("gen_video_status", {"draft_url": draft_url})

    def gen_video_active_count(self) -> Any:  # noqa: ANN401 - JSON
        return self.get("gen_video_active_count")

    def get(self, call: str) -> Any:  # noqa: ANN401 - JSON
        return self._answer(self.pool.request("GET", f"{self.url}{_API}/{call}", headers=self._headers()))

    def post(self, call: str, body: object, **headers: str) -> Any:  # noqa: ANN401 - JSON
        # As `requests` writes `json=`.
        content = body if isinstance(body, bytes) else json.dumps(body, allow_nan=False).encode()
        sent = {**self._headers(), "Content-Type": "application/json", **headers}
        return self._answer(self.pool.request("POST", f"{self.url}{_API}/{call}", body=content, headers=sent))

    def download(self, url: str) -> bytes:
        """The video, as it is fetched by whoever was told its URL."""
        answer = self.pool.request("GET", url, headers=_OF_REQUESTS)
        assert answer.status == 200, answer.data
        assert urlsplit(url).scheme in {"http", "https"}
        return bytes(answer.data)

    def _headers(self) -> dict[str, str]:
        return {**_OF_REQUESTS, **({} if self.language is None else {"Accept-Language": self.language})}

    def _answer(self, answer: urllib3.BaseHTTPResponse) -> Any:  # noqa: ANN401 - JSON
        """The object, whatever happened: the status is always the same there."""
        assert answer.status == 200, (answer.status, answer.data)
        found = json.loads(answer.data)
        assert {"code", "message"} <= found.keys()
        return found
