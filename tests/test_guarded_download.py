"""A file that is downloaded comes whole, in time and within its bounds, or not at all."""

import io
import threading
from http.server import BaseHTTPRequestHandler

import pytest

from mediaproc.core.errors import Stopped
from mediaproc.core.outbound_url import TrustedHosts
from mediaproc.guarded_http import GuardedHttp, NoAnswer, Target, TooLarge
from tests.parts.draft_host import DraftHost, status


def _download(host: DraftHost, *, most: int = 1000, stop: threading.Event | None = None) -> bytes:
    http = GuardedHttp(trusted=TrustedHosts(setting="X", hosts=frozenset({host.authority})), deadline=0.5)
    file = io.BytesIO()
    http.download(host.url("film"), headers={}, target=Target(file=file, most=most, stop=stop or threading.Event()))
    return file.getvalue()


def _broken(request: BaseHTTPRequestHandler) -> None:
    status(200, headers={"Content-Length": "900"}, body=b"half")(request)
    request.close_connection = True


def _endless(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    request.wfile.write(b"x" * 100)


@pytest.mark.parametrize("size", [0, 1, 1000])
def test_a_whole_file_is_written(size: int) -> None:
    with DraftHost(files={"film": b"x" * size}) as host:
        assert len(_download(host)) == size


def test_what_is_not_whole_or_does_not_end_is_no_answer() -> None:
    with DraftHost(files={"film": b""}) as host:
        path = host.url("film").partition(host.authority)[2]
        for answer in (_broken, _endless):
            host.answers = {path: answer}
            with pytest.raises(NoAnswer):
                _download(host)


def test_more_than_is_taken_is_refused_before_it_comes() -> None:
    with DraftHost(files={"film": b"x" * 1001}) as host, pytest.raises(TooLarge):
        _download(host)


def test_a_download_that_is_told_to_stop_stops() -> None:
    stop = threading.Event()
    stop.set()
    with DraftHost(files={"film": b"x"}) as host, pytest.raises(Stopped):
        _download(host, stop=stop)
