"""The names that a server answers to, and the address under which a person opens its page."""

from collections.abc import Collection
from ipaddress import ip_address

from mediaproc.core.errors import WrongUse
from mediaproc.core.listen_address import ListenAddress

_OF_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


def own_names(listen: ListenAddress, *, given: Collection[str] | None) -> frozenset[str]:
    """The hosts that a request may name: those that are given, those of this machine itself, and where it listens.

    Raises:
        WrongUse: other machines reach it, and nobody said under which names.
    """
    if not given and not _is_loopback(listen.host):
        raise WrongUse(
            f"Other machines reach a page on {listen}: set MEDIAPROC_WEB_HOSTS to the names by which its users open it,"
            " such as media.example.com."
        )
    return _OF_LOOPBACK | {_bracketed(listen.host.lower())} | frozenset(given or ())


def login_url(listen: ListenAddress, *, prefix: str, secret: str) -> str:
    """The link that somebody on this machine opens; behind a proxy the part up to `/login` is another one."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(listen.host, listen.host)  # noqa: S104 - it is taken away
    return f"http://{ListenAddress(host, listen.port)}{prefix}/login?once={secret}"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
