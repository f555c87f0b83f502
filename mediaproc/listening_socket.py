"""Takes an address to listen on, or says why it cannot be had."""

import socket

from mediaproc.core.errors import PartMissing
from mediaproc.core.listen_address import ListenAddress


def listening_socket(address: ListenAddress, *, backlog: int, setting: str) -> socket.socket:
    """A socket that others can connect to already; `setting` is what a person changes to have another address.

    Raises:
        PartMissing: another program has the address, or this machine has no such one.
    """
    try:
        family, *_, place = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(place[:2], family=family, backlog=backlog)
    except OSError as error:
        # Without what Python adds to it.
        reason = (error.strerror or str(error)).partition(" (while ")[0]
        raise PartMissing(
            f"{address} cannot be listened on ({reason}): give {setting} a free port of an address of this machine."
        ) from None


def address_of(listening: socket.socket) -> ListenAddress:
    """Where it listens; with the port that the system chose."""
    host, port = listening.getsockname()[:2]
    return ListenAddress(host, port)
