"""What the one client for other people's hosts asks, and what it refuses."""

import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from pathlib import Path

import pytest

from mediaproc.core.errors import WrongUse
from mediaproc.core.outbound_url import TrustedHosts
from mediaproc.core.public_address import Address
from mediaproc.guarded_http import Answer, GuardedHttp, NoAnswer
from tests.parts.receiver import Received, Receiver, status

_SETTING = "MEDIAPROC_WEBHOOK_HOSTS"
_PUBLIC = "93.184.216.34"

_NAMES = {
    "public.example.com": [_PUBLIC],
    "loopback.example.com": ["127.0.0.1"],
    "private.example.com": ["10.1.2.3"],
    "metadata.example.com": ["169.254.169.254"],
    "six.example.com": ["::1"],
    "mapped.example.com": ["::ffff:10.0.0.1"],
    "one-of-two.example.com": [_PUBLIC, "192.168.0.1"],
    "zone.example.com": ["fe80::1%2"],
}

# (URL, a word of the sentence)
_HOSTILE = [
    # Without TLS, or by another protocol.
    ("http://public.example.com/", "TLS"),
    ("ftp://public.example.com/", "https://"),
    ("file:///etc/passwd", "https://"),
    ("gopher://public.example.com/", "https://"),
    ("//public.example.com/", "https://"),
    ("public.example.com", "https://"),
    ("https:public.example.com", "https://"),
    ("https:///public.example.com/", "no name"),
    ("javascript:alert(1)", "https://"),
    ("", "blank"),
    # Loopback, private and other addresses, written plainly.
    ("https://127.0.0.1/", "loopback"),
    ("https://127.1.2.3/", "loopback"),
    ("https://0.0.0.0/", "unspecified"),
    ("https://10.0.0.1/", "private"),
    ("https://172.16.0.1/", "private"),
    ("https://192.168.1.1/", "private"),
    ("https://169.254.169.254/latest/meta-data/", "link-local"),
    ("https://100.64.0.1/", "carrier"),
    ("https://192.0.2.1/", "reserved"),
    ("https://198.18.0.1/", "reserved"),
    ("https://224.0.0.1/", "multicast"),
    ("https://255.255.255.255/", "reserved"),
    # In the odd forms that resolvers take.
    ("https://2130706433/", "odd form"),
    ("https://0x7f000001/", "odd form"),
    ("https://017700000001/", "odd form"),
    ("https://0177.0.0.1/", "odd form"),
    ("https://0x7f.0.0.1/", "odd form"),
    ("https://127.1/", "odd form"),
    ("https://127.0.1/", "odd form"),
    ("https://127.0.0.1.1/", "odd form"),
    ("https://0/", "odd form"),
    ("https://010.0.0.1/", "odd form"),
    # IPv6, also such that leads on to an IPv4 address.
    ("https://[::]/", "unspecified"),
    ("https://[::1]/", "loopback"),
    ("https://[0:0:0:0:0:0:0:1]/", "loopback"),
    ("https://[::ffff:127.0.0.1]/", "loopback"),
    ("https://[::ffff:a00:1]/", "private"),
    ("https://[::127.0.0.1]/", "loopback"),
    ("https://[64:ff9b::10.0.0.1]/", "private"),
    ("https://[64:ff9b:1::1]/", "reserved"),
    ("https://[2002:7f00:1::]/", "loopback"),
    ("https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/", "reserved"),
    ("https://[fe80::1]/", "link-local"),
    ("https://[fe80::1%25eth0]/", "zone"),
    ("https://[2600::1%25eth0]/", "zone"),
    ("https://[fc00::1]/", "private"),
    ("https://[fd00:ec2::254]/", "private"),
    ("https://[ff02::1]/", "multicast"),
    ("https://[2001:db8::1]/", "reserved"),
    ("https://[127.0.0.1]/", "no IPv6|no address"),
    ("https://[::1/", "no address"),
    # Names of one network, and names in odd forms.
    ("https://localhost/", "one network"),
    ("https://LOCALHOST/", "one network"),
    ("https://hook.localhost/", "one network"),
    ("https://db.internal/", "one network"),
    ("https://printer.local/", "one network"),
    ("https://intranet/", "one network"),
    ("https://public.example.com./", "dot at its end"),
    ("https://localhost./", "dot at its end"),
    ("https://-public.example.com/", "no name"),
    ("https://public..example.com/", "no name"),
    ("https://%6c%6f%63alhost/", "no name"),
    (f"https://{'a' * 64}.example.com/", "no name"),
    (f"https://{'a.' * 130}com/", "no name"),
    ("https://①②⑦.⓪.⓪.①/", "ASCII"),
    ("https://ⓛocalhost/", "ASCII"),
    ("https://public。example。com/", "ASCII"),
    # What one parser takes for the host and another for something else.
    ("https://user@public.example.com/", "user"),
    ("https://user:secret@public.example.com/", "user"),
    ("https://public.example.com@127.0.0.1/", "user"),
    ("https://public.example.com\\@127.0.0.1/", "backslash"),
    ("https://127.0.0.1\\.public.example.com/", "backslash"),
    ("https://public.example.com#@127.0.0.1/", "#"),
    ("https://public.example.com/ HTTP/1.1\r\nX: y", "blank"),
    ("https://public.example.com/\tpath", "blank"),
    ("https://public.example.com\x00.evil.example/", "control"),
    (" https://public.example.com/", "blank"),
    (f"https://public.example.com/{'a' * 2000}", "2000"),
    # Ports.
    ("https://public.example.com:25/", "another protocol"),
    ("https://public.example.com:22/", "another protocol"),
    ("https://public.example.com:0/", "port"),
    ("https://public.example.com:65536/", "port"),
    ("https://public.example.com:443:80/", "port"),
    ("https://public.example.com:/", "port"),
    ("https://public.example.com:٤٤٣/", "ASCII"),
    # Good names that lead where they may not.
    ("https://loopback.example.com/", "loopback"),
    ("https://private.example.com/", "private"),
    ("https://metadata.example.com/", "link-local"),
    ("https://six.example.com/", "loopback"),
    ("https://mapped.example.com/", "private"),
    ("https://one-of-two.example.com/", "private"),
    ("https://zone.example.com/", "link-local"),
]


def _fake_dns(host: str, /) -> Sequence[Address]:
    return [ip_address(address) for address in _NAMES.get(host, ())]


def _client(
    *trusted: str, resolve: Callable[[str], Sequence[Address]] = _fake_dns, deadline: float = 10
) -> GuardedHttp:
    return GuardedHttp(
        trusted=TrustedHosts(setting=_SETTING, hosts=frozenset(trusted)), resolve=resolve, deadline=deadline
    )


def _post(client: GuardedHttp, url: str) -> Answer:
    return client.post(url, body=b"{}", headers={"Content-Type": "application/json"})


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture(autouse=True)
def _as_before(receiver: Receiver) -> None:
    receiver.respond = status(204)
    receiver.received.clear()


def test_there_are_many_hostile_urls() -> None:
    assert len({url for url, _ in _HOSTILE}) >= 60


@pytest.mark.parametrize(("url", "word"), _HOSTILE)
def test_a_hostile_url_is_refused_with_a_sentence_and_without_a_connection(
    url: str, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(*_: object, **__: object) -> None:
        raise AssertionError("it was connected to")

    monkeypatch.setattr("socket.create_connection", connect)
    client = _client()
    for ask in (lambda: client.check(url), lambda: _post(client, url)):
        with pytest.raises(WrongUse, match=word) as refused:
            ask()
        assert "secret" not in str(refused.value)
        assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    "url",
    [
        "https://public.example.com/",
        "https://PUBLIC.example.com:8443/hook?x=1",
        f"https://{_PUBLIC}",
        "https://[2600::1]/",
        "https://[64:ff9b::5db8:d822]/",
    ],
)
def test_a_public_url_passes(url: str) -> None:
    _client().check(url)


def test_a_receiver_on_loopback_is_reached_only_when_it_is_listed(receiver: Receiver) -> None:
    with pytest.raises(WrongUse):
        _post(_client(), receiver.url)
    for listed in (receiver.host, "127.0.0.1"):
        assert _post(_client(listed), receiver.url).status == 204
    with pytest.raises(WrongUse):
        _post(_client("127.0.0.1:1"), receiver.url)
    assert [each.path for each in receiver.received] == ["/hook?key=secret"] * 2
    assert receiver.received[0].headers["Host"] == receiver.host


def test_a_resolver_that_changes_its_answer_is_asked_once_and_what_was_judged_is_connected_to(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def rebinding(host: str, /) -> Sequence[Address]:
        asked.append(host)
        return [ip_address(_PUBLIC if len(asked) == 1 else "127.0.0.1")]

    connected: list[object] = []

    def connect(address: object, **_: object) -> None:
        connected.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    client = _client(resolve=rebinding)
    monkeypatch.setattr("socket.create_connection", connect)
    with pytest.raises(NoAnswer, match="cannot be reached"):
        _post(client, f"https://rebinding.example.com:{receiver.port}/")
    assert (len(asked), connected) == (1, [(_PUBLIC, receiver.port)])
    # Asked again at the next delivery, the name leads to loopback, and is refused.
    with pytest.raises(WrongUse, match="loopback"):
        _post(client, f"https://rebinding.example.com:{receiver.port}/")
    assert receiver.received == []


def test_a_name_without_addresses_is_told() -> None:
    with pytest.raises(NoAnswer, match="cannot be resolved"):
        _client().check("https://nowhere.example.com/")


def test_a_proxy_of_the_environment_is_not_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert _post(_client(receiver.host), receiver.url).status == 204


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.respond = status(302, headers={"Location": f"http://{receiver.host}/elsewhere"})
    assert _post(_client(receiver.host), receiver.url).status == 302
    assert len(receiver.received) == 1


def _dripping(request: BaseHTTPRequestHandler, _received: Received) -> None:
    request.wfile.write(b"HTTP/1.1 200 OK\r\n")
    pause = threading.Event()
    while True:
        request.wfile.write(b"X: y\r\n")
        pause.wait(0.05)


def _silent(_request: BaseHTTPRequestHandler, _received: Received) -> None:
    threading.Event().wait(5)


def _endless(request: BaseHTTPRequestHandler, _received: Received) -> None:
    request.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        request.wfile.write(b"x" * 4096)


def _garbage(request: BaseHTTPRequestHandler, _received: Received) -> None:
    request.wfile.write(b"\x00\x01\x02\r\n\r\n")


def _dying(request: BaseHTTPRequestHandler, _received: Received) -> None:
    request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")


@pytest.mark.parametrize(
    ("respond", "sentence"),
    [
        (_dripping, "did not answer within 0.5 s"),
        (_silent, "did not answer within 0.5 s"),
        (_endless, "answered with more than 16384 bytes"),
        (_garbage, "no HTTP, or not whole"),
        (_dying, "no HTTP, or not whole"),
    ],
)
def test_no_answer_within_its_bounds_is_one_sentence(
    receiver: Receiver, respond: Callable[[BaseHTTPRequestHandler, Received], None], sentence: str
) -> None:
    receiver.respond = respond
    with pytest.raises(NoAnswer, match=sentence) as failed:
        _post(_client(receiver.host, deadline=0.5), receiver.url)
    assert "secret" not in str(failed.value)


def test_a_resolver_that_hangs_is_left_behind() -> None:
    hangs = threading.Event()

    def hanging(_host: str, /) -> Sequence[Address]:
        hangs.wait()
        return []

    with pytest.raises(NoAnswer, match="was not resolved within"):
        _client(resolve=hanging, deadline=0.1).check("https://public.example.com/")
    hangs.set()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and its certificate for receiver.example.com, in one file."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/CN=receiver", "-addext", "subjectAltName=DNS:receiver.example.com"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")),
        ],
        check=True,
        capture_output=True,
    )
    whole = folder / "whole.pem"
    whole.write_bytes((folder / "key.pem").read_bytes() + (folder / "certificate.pem").read_bytes())
    return whole


@pytest.mark.parametrize(
    ("host", "is_known", "failure"),
    [
        ("receiver.example.com", True, None),
        ("receiver.example.com", False, "self.signed certificate"),
        ("other.example.com", True, "Hostname mismatch"),
    ],
)
def test_the_certificate_must_be_the_names_though_the_connection_goes_to_an_address(
    certificate: Path, *, host: str, is_known: bool, failure: str | None
) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    names: list[str] = []
    tls.sni_callback = lambda _socket, name, _context: names.append(name)
    with Receiver(tls=tls) as receiver:
        client = GuardedHttp(
            trusted=TrustedHosts(setting=_SETTING, hosts=frozenset({host})),
            resolve=lambda _host: [ip_address("127.0.0.1")],
            make_tls=lambda: ssl.create_default_context(cafile=str(certificate) if is_known else None),
        )
        url = f"https://{host}:{receiver.port}/"
        if failure is None:
            assert _post(client, url).status == 204
            assert receiver.received[0].headers["Host"] == f"{host}:{receiver.port}"
        else:
            with pytest.raises(NoAnswer, match=failure):
                _post(client, url)
            assert receiver.received == []
    assert names == [host]
