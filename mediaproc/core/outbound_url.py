"""A URL that this site is told to send to: what its form must be, and which addresses it may lead to."""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit

from mediaproc.core.errors import WrongUse
from mediaproc.core.public_address import Address, why_not_public
from mediaproc.core.safe_text import quoted

LONGEST_URL = 2000
_LONGEST_NAME = 253
_DEFAULT_PORTS = {"https": 443, "http": 80}
_HIGHEST_PORT = 65535
# Below it are the ports of other protocols, mail first of all.
_FIRST_FREE_PORT = 1024

_PRINTABLE = re.compile(r"[!-~]+")
_AUTHORITY = re.compile(r"(\[(?P<six>[^\[\]]*)\]|(?P<name>[^:\[\]]*))(:(?P<port>.*))?")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_PORT = re.compile(r"[0-9]{1,5}")
# With such a last label, resolvers read the whole name as an IPv4 address: 127.1, 0x7f.0.0.1, 2130706433.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
# Before a host of one's own network, in a list of hosts that are asked.
OWN_HOST = "http://"
_DOMAINS_OF_ONE_NETWORK = ("localhost", "local", "internal", "home.arpa")


@dataclass(frozen=True, kw_only=True)
class TrustedHosts:
    """Hosts, each `host` or `host:port`, that may have any address and need no TLS; `setting` is what lists them."""

    setting: str
    hosts: frozenset[str] = frozenset()

    def lists(self, host: str, *, port: int) -> bool:
        """Whether this host is listed, with this port or with any."""
        return not {host, f"{host}:{port}"}.isdisjoint(each.lower() for each in self.hosts)


@dataclass(frozen=True, kw_only=True)
class OutboundUrl:
    """A URL of good form; one whose host `is_trusted` may lead to any address, also without TLS."""

    scheme: str
    # A name in lower case, or an address in its usual form, without brackets.
    host: str
    port: int
    # Path and query, as the request line has them.
    target: str
    is_trusted: bool
    setting: str

    @property
    def is_secure(self) -> bool:
        """Whether it is spoken to over TLS."""
        return self.scheme == "https"

    @property
    def address(self) -> Address | None:
        """The host as an address, where it is one and no name."""
        try:
            return ip_address(self.host)
        except ValueError:
            return None

    @property
    def authority(self) -> str:
        """Host and port as the header `Host` has them; also for people, since no secret is in them."""
        return _bracketed(self.host) + ("" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}")


def parse_outbound_url(text: str, *, trusted: TrustedHosts) -> OutboundUrl:
    """The URL, if it has the one form that is taken; no name in it is looked up.

    Raises:
        WrongUse: it has another form, or leads where it may not. The sentence repeats neither path nor query nor user.
    """
    parts = _split(text)
    authority = _AUTHORITY.fullmatch(parts.netloc.lower())
    if authority is None:
        raise WrongUse("The URL's host is no name and no address: write https://HOST/PATH.")
    host = _name(authority["name"]) if authority["six"] is None else _ipv6(authority["six"])
    port = _port(authority["port"], scheme=parts.scheme)
    url = OutboundUrl(
        scheme=parts.scheme,
        host=host,
        port=port,
        target=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        is_trusted=trusted.lists(_bracketed(host), port=port),
        setting=trusted.setting,
    )
    if not url.is_trusted:
        _require_public(url)
    return url


@dataclass(frozen=True, kw_only=True)
class AllowedHosts:
    """The only hosts that are asked, each `host` or `host:port`; those of one's own network begin with `http://`.

    Of a host of one's own network the address may be any, and it needs no TLS.
    """

    setting: str
    entries: frozenset[str] = frozenset()

    @property
    def own(self) -> TrustedHosts:
        """Those of one's own network."""
        own = frozenset(each.removeprefix(OWN_HOST) for each in self.entries if each.startswith(OWN_HOST))
        return TrustedHosts(setting=f"{self.setting} as {OWN_HOST}HOST", hosts=own)

    def require(self, text: str) -> None:
        """Passes a URL of good form whose host is listed; no name in it is looked up.

        Raises:
            WrongUse: it has another form, or its host is not listed.
        """
        url = parse_outbound_url(text, trusted=self.own)
        listed = TrustedHosts(
            setting=self.setting, hosts=frozenset(each.removeprefix(OWN_HOST) for each in self.entries)
        )
        if not listed.lists(_bracketed(url.host), port=url.port):
            raise WrongUse(
                f"The host {quoted(url.authority)} is none of those that may be asked:"
                f" list it in {self.setting} of each executor that shall, then try again."
            )


def require_form(text: str) -> None:
    """Passes a URL of good form, whatever its host; no name in it is looked up.

    Raises:
        WrongUse: it has another form.
    """
    netloc = _split(text).netloc.lower()
    parse_outbound_url(text, trusted=TrustedHosts(setting="", hosts=frozenset({netloc})))


def require_public(address: Address, *, url: OutboundUrl) -> None:
    """Passes an address that the URL may lead to.

    Raises:
        WrongUse: the address is not the public internet's, and the settings do not list the host.
    """
    kind = why_not_public(address)
    if kind is not None and not url.is_trusted:
        raise WrongUse(
            f"The host {quoted(url.authority)} leads to {address}, which is no address of the public internet ({kind}):"
            f" list the host in {url.setting} if it shall be reached."
        )


def _split(text: str) -> SplitResult:
    if len(text) > LONGEST_URL:
        raise WrongUse(f"The URL has {len(text)} characters: {LONGEST_URL} are the most.")
    if not _PRINTABLE.fullmatch(text) or "\\" in text:
        raise WrongUse(
            "The URL holds a blank, a backslash, a control character or a letter beyond ASCII: write the host's name in"
            " its ASCII form (xn--...), and such characters of the path as %XX."
        )
    try:
        parts = urlsplit(text)
    except ValueError:
        raise WrongUse("The URL's host is no name and no address: write https://HOST/PATH.") from None
    if parts.scheme not in _DEFAULT_PORTS or not text[len(parts.scheme) :].startswith("://"):
        raise WrongUse("The URL must begin with https:// and a host.")
    if "@" in parts.netloc:
        raise WrongUse("The URL names a user: leave user and password out, since the signature says who sends.")
    if "#" in text:
        raise WrongUse("The URL has a part behind a #, which no server ever sees: leave it out.")
    return parts


def _ipv6(inside: str) -> str:
    try:
        address = IPv6Address(inside)
    except ValueError:
        address = None
    if address is None or address.scope_id is not None:
        raise WrongUse("The URL's host in brackets is no IPv6 address, or has a zone, such as %eth0: leave that out.")
    return str(address)


def _name(host: str) -> str:
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]) and not _is_plain_ipv4(host):
        raise WrongUse("The URL's host is an IPv4 address in an odd form: write four decimal numbers, as in 192.0.2.7.")
    if len(host) > _LONGEST_NAME or not all(_LABEL.fullmatch(label) for label in labels):
        raise WrongUse(
            "The URL's host is no name: letters, digits and hyphens between dots, with no dot at its end and no %."
        )
    return host


def _is_plain_ipv4(host: str) -> bool:
    try:
        return str(ip_address(host)) == host
    except ValueError:
        return False


def _port(digits: str | None, *, scheme: str) -> int:
    if digits is None:
        return _DEFAULT_PORTS[scheme]
    if not _PORT.fullmatch(digits) or not 0 < int(digits) <= _HIGHEST_PORT:
        raise WrongUse(f"The URL's port must be a number from 1 to {_HIGHEST_PORT}.")
    return int(digits)


def _require_public(url: OutboundUrl) -> None:
    otherwise = f"or list the host in {url.setting}"
    if not url.is_secure:
        raise WrongUse(f"The URL has no TLS: begin it with https://, {otherwise}.")
    if url.port != _DEFAULT_PORTS["https"] and url.port < _FIRST_FREE_PORT:
        raise WrongUse(
            f"The URL's port {url.port} is another protocol's: use 443, or one from {_FIRST_FREE_PORT} on, {otherwise}."
        )
    if url.address is not None:
        require_public(url.address, url=url)
    elif "." not in url.host or f".{url.host}".endswith(tuple(f".{domain}" for domain in _DOMAINS_OF_ONE_NETWORK)):
        raise WrongUse(f"The host {quoted(url.host)} is a name of one network alone: use a public one, {otherwise}.")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def shown_url(url: str) -> str:
    """Scheme and host: the path and the query of many services' URLs are a key to them."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{'/…' if parts.path.strip('/') or parts.query else '/'}"
