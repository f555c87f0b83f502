"""What the values of settings may be: their parsers and bounds, inside pydantic."""

import re
from collections.abc import Callable
from ipaddress import ip_network
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer
from pydantic_settings import NoDecode

from mediaproc.core.cron import Cron
from mediaproc.core.errors import WrongUse
from mediaproc.core.listen_address import ListenAddress
from mediaproc.core.outbound_url import OWN_HOST
from mediaproc.core.safe_text import quoted
from mediaproc.core.shard import Shard

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(:[0-9]{1,5})?")
# Segments that need no escapes in an address; `.` and `..` would be taken away by browsers.
_SEGMENT = r"(?!\.\.?(?:/|\Z))[A-Za-z0-9._~-]{1,64}"
_PREFIX = re.compile(rf"(?:/{_SEGMENT}){{0,8}}")

_Kind = Shard | Cron | ListenAddress


def _parsed(kind: type[_Kind], parse: Callable[[str], _Kind] | None = None) -> BeforeValidator:
    """Runs a parser of ours inside pydantic: the sentence of its WrongUse becomes that of the validation error."""

    def validate(value: object) -> object:
        try:
            # A settings file may hold a number where a text belongs.
            return value if isinstance(value, kind) else (parse or kind.parse)(str(value))
        except WrongUse as error:
            raise ValueError(str(error)) from None

    return BeforeValidator(validate)


def _hosts(value: object) -> object:
    """The hosts of a comma list, or of a list as a settings file has it."""
    named = value if isinstance(value, list | tuple | frozenset) else str(value).split(",")
    if not all(isinstance(each, str) for each in named):
        raise ValueError(f"{quoted(value)} is no list of hosts: write each as text, HOST or HOST:PORT")
    hosts = [each.strip().lower() for each in named]
    for host in hosts:
        if host and not _HOST.fullmatch(host):
            raise ValueError(f"{quoted(host)} is no host: write HOST or HOST:PORT, and commas between them")
    return tuple(sorted({host for host in hosts if host}))


def _asked_hosts(value: object) -> object:
    """The same, where a host of one's own network has `http://` before it."""
    named = value if isinstance(value, list | tuple | frozenset) else str(value).split(",")
    written = [each.strip().lower() if isinstance(each, str) else each for each in named]
    own = [each for each in written if isinstance(each, str) and each.startswith(OWN_HOST)]
    _hosts([each.removeprefix(OWN_HOST) for each in own])
    _hosts([each for each in written if each not in own])
    return tuple(sorted({each for each in written if each}))


def _prefix(value: object) -> object:
    """The path without a slash at its end; of `/` nothing is left."""
    if not isinstance(value, str) or not _PREFIX.fullmatch(value.strip().rstrip("/")):
        raise ValueError("it must be a path such as /media, of letters, digits and - . _ ~")
    return value.strip().rstrip("/")


def _proxies(value: object) -> object:
    """The addresses and networks of a comma list, or of a list as a settings file has it."""
    named = value if isinstance(value, list | tuple) else str(value).split(",")
    if not all(isinstance(each, str) for each in named):
        raise ValueError("it must be a list of addresses, each as text")
    return tuple(sorted({_proxy(each.strip()) for each in named if each.strip()}))


def _proxy(written: str) -> str:
    try:
        network = ip_network(written)
    except ValueError:
        raise ValueError(
            f"{quoted(written)} is no address and no network: write 10.0.0.5 or 10.0.0.0/24, and commas between them"
        ) from None
    if network.prefixlen == 0:
        raise ValueError(f"{quoted(written)} is every address, and so whoever asks could say that it is another")
    return str(network) if "/" in written else str(network.network_address)


Seconds = Annotated[float, Field(gt=0, le=86_400 * 30)]
SecondsOrZero = Annotated[float, Field(ge=0, le=86_400 * 30)]
# From a day on: a number that was meant as one of days would remove nearly everything.
Retention = Annotated[float, Field(ge=86_400, le=86_400 * 365 * 100)]
# NoDecode: the environment has these as plain text, not as JSON.
ShardSetting = Annotated[Shard, NoDecode, _parsed(Shard, Shard.parse_setting), PlainSerializer(str)]
CronSetting = Annotated[Cron, NoDecode, _parsed(Cron), PlainSerializer(str)]
AddressSetting = Annotated[ListenAddress, NoDecode, _parsed(ListenAddress), PlainSerializer(str)]
AskedHostsSetting = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_asked_hosts), PlainSerializer(",".join)]
HostsSetting = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_hosts), PlainSerializer(",".join)]
PrefixSetting = Annotated[str, NoDecode, BeforeValidator(_prefix)]
ProxiesSetting = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_proxies), PlainSerializer(",".join)]
