"""Which IP addresses are the public internet's: only these are asked on behalf of a URL that somebody typed in."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address

# What IANA's registries of special addresses keep from the public internet, whatever the version of Python knows.
_SPECIAL_IPV4 = {
    IPv4Network("0.0.0.0/8"): "unspecified",
    IPv4Network("10.0.0.0/8"): "private",
    IPv4Network("100.64.0.0/10"): "a carrier's own",
    IPv4Network("127.0.0.0/8"): "loopback",
    IPv4Network("169.254.0.0/16"): "link-local",
    IPv4Network("172.16.0.0/12"): "private",
    IPv4Network("192.0.0.0/24"): "reserved",
    IPv4Network("192.0.2.0/24"): "reserved",
    IPv4Network("192.88.99.0/24"): "reserved",
    IPv4Network("192.168.0.0/16"): "private",
    IPv4Network("198.18.0.0/15"): "reserved",
    IPv4Network("198.51.100.0/24"): "reserved",
    IPv4Network("203.0.113.0/24"): "reserved",
    IPv4Network("224.0.0.0/4"): "multicast",
    IPv4Network("240.0.0.0/4"): "reserved",
}
_SPECIAL_IPV6 = {
    IPv6Network("::/128"): "unspecified",
    IPv6Network("::1/128"): "loopback",
    IPv6Network("fc00::/7"): "private",
    IPv6Network("fe80::/10"): "link-local",
    IPv6Network("fec0::/10"): "private",
    IPv6Network("ff00::/8"): "multicast",
    # Teredo and its neighbours: a tunnel whose ends are hidden in the address.
    IPv6Network("2001::/23"): "reserved",
    IPv6Network("2001:db8::/32"): "reserved",
    IPv6Network("3fff::/20"): "reserved",
}
_PUBLIC_IPV6 = IPv6Network("2000::/3")

# Addresses that lead on to an IPv4 address, which is in the 32 bits so far from the right: 4in6 twice, NAT64, 6to4.
_LEADING_ON = {
    IPv6Network("::ffff:0:0/96"): 0,
    IPv6Network("::/96"): 0,
    IPv6Network("64:ff9b::/96"): 0,
    IPv6Network("2002::/16"): 80,
}


def why_not_public(address: Address) -> str | None:
    """The kind of an address that is not the public internet's, such as `loopback`; None where it is public."""
    if isinstance(address, IPv4Address):
        return _kind(address, _SPECIAL_IPV4)
    special = _kind(address, _SPECIAL_IPV6)
    if special is not None or address.scope_id is not None:
        return special or "link-local"
    for network, distance in _LEADING_ON.items():
        if address in network:
            return why_not_public(IPv4Address(int(address) >> distance & 0xFFFF_FFFF))
    return None if address in _PUBLIC_IPV6 else "reserved"


def _kind(address: Address, kinds: dict[IPv4Network, str] | dict[IPv6Network, str]) -> str | None:
    return next((kind for network, kind in kinds.items() if address in network), None)
