"""An address to listen on is read as it is written, and is this machine's own where no other is given."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaproc.core.errors import WrongUse
from mediaproc.core.listen_address import ListenAddress


@pytest.mark.parametrize(
    ("written", "host", "port"),
    [
        ("127.0.0.1:9464", "127.0.0.1", 9464),
        ("9464", "127.0.0.1", 9464),
        (":9464", "127.0.0.1", 9464),
        ("[::1]:0", "::1", 0),
        ("0.0.0.0:80", "0.0.0.0", 80),  # noqa: S104 - as given
        ("metrics.example.org:65535", "metrics.example.org", 65535),
    ],
)
def test_an_address_is_taken_as_it_is_written(written: str, host: str, port: int) -> None:
    assert ListenAddress.parse(written) == ListenAddress(host, port)


@pytest.mark.parametrize(
    "written",
    ["", ":", "localhost", "localhost:", "host:65536", "::1:80", "a b:80", "http://a:80", "a:-1", "a:1:2", "٣"],
)
def test_what_is_no_address_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(WrongUse, match=r"such as 127\.0\.0\.1:9464"):
        ListenAddress.parse(written)


@given(host=st.sampled_from(["::1", "10.0.0.1", "node-1"]), port=st.integers(0, 65535))
def test_what_it_says_of_itself_is_read_again(host: str, port: int) -> None:
    assert ListenAddress.parse(str(ListenAddress(host, port))) == ListenAddress(host, port)
