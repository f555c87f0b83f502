"""A server answers to its own names alone, and says what is missing where others reach it."""

import pytest

from mediaproc.core.errors import WrongUse
from mediaproc.core.listen_address import ListenAddress
from mediaproc.serve.own_names import login_url, own_names

LOOPBACK = {"localhost", "127.0.0.1", "[::1]"}


@pytest.mark.parametrize(
    ("listen", "more"),
    [("127.0.0.1:8080", set()), ("[::1]:80", set()), ("localhost:0", set()), ("127.8.0.1:1", {"127.8.0.1"})],
)
def test_on_this_machine_alone_it_answers_to_the_names_of_that(listen: str, more: set[str]) -> None:
    assert own_names(ListenAddress.parse(listen), given=None) == LOOPBACK | more


@pytest.mark.parametrize("listen", ["0.0.0.0:8080", "[::]:8080", "192.168.1.5:80", "media.example:80"])
def test_where_others_reach_it_somebody_must_say_under_which_names(listen: str) -> None:
    with pytest.raises(WrongUse, match=r"set MEDIAPROC_WEB_HOSTS to the names .*[.]$"):
        own_names(ListenAddress.parse(listen), given=None)
    names = own_names(ListenAddress.parse(listen), given=("media.example.com",))
    assert {"media.example.com", *LOOPBACK} < names


@pytest.mark.parametrize(
    ("listen", "prefix", "link"),
    [
        ("0.0.0.0:80", "/media", "http://127.0.0.1:80/media/login?once=s"),
        ("[::]:80", "", "http://[::1]:80/login?once=s"),
        ("192.168.1.5:81", "", "http://192.168.1.5:81/login?once=s"),
    ],
)
def test_the_link_leads_to_this_machine_whatever_it_listens_on(listen: str, prefix: str, link: str) -> None:
    assert login_url(ListenAddress.parse(listen), prefix=prefix, secret="s") == link
