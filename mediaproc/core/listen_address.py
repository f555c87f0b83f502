"""Where a program listens: a host and a port, on this machine alone unless another address is given."""

import re
from dataclasses import dataclass

from mediaproc.core.errors import WrongUse

_FORM = re.compile(
    r"(?:(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)?:)?(?P<port>[0-9]{1,5})"
)
_LOOPBACK = "127.0.0.1"
_LARGEST_PORT = 65_535


@dataclass(frozen=True)
class ListenAddress:
    """A host by name or address, without brackets, and a TCP port; port 0 lets the system choose a free one."""

    host: str
    port: int

    @classmethod
    def parse(cls, written: str) -> "ListenAddress":
        """The address that `HOST:PORT`, `:PORT` or `PORT` names; without a host it is this machine's loopback.

        Raises:
            WrongUse: it is not of that form, or there is no such port.
        """
        form = _FORM.fullmatch(written.strip())
        if form is None or int(form["port"]) > _LARGEST_PORT:
            raise WrongUse(
                f"The address {written!r} is not of the form HOST:PORT with a port up to"
                f" {_LARGEST_PORT}, such as 127.0.0.1:9464."
            )
        return cls((form["host"] or _LOOPBACK).strip("[]"), int(form["port"]))

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"
