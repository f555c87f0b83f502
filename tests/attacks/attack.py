"""What an attack is: an upload, the way a plain pipeline takes it, and the harm that can then be seen."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mediaproc.core.limits import Limits
from tests.attacks.attack_folder import AttackFolder

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What was seen while an upload was worked on, by a plain pipeline or by ours. Bytes.

    `kept` is all text that it would pass on; `ended`: it would have gone on and on, and was ended.
    """

    outcome: str
    opened: bool = False
    connected: bool = False
    peak_memory: int = 0
    frames: int = 0
    output_size: int = 0
    streams: int = 0
    kept: str = ""
    ended: bool = False
    appeared: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Attack:
    """One hostile upload.

    `harm` says whether harm was done. `plain_options` stand before `-i` of the plain pipeline, where ffmpeg 5.1 and
    later need to be told to fall for it, as many guides tell people to. `watched` is the file beside the upload, or a
    copy in the place of /etc/passwd, that must not be opened; `seconds` is when the plain pipeline is ended.
    """

    name: str
    make: Callable[[AttackFolder], Path]
    harm: Callable[[Seen], bool]
    harm_name: str
    plain_options: tuple[str, ...] = ()
    plain_output: tuple[str, ...] = ()
    by_name: bool = False
    watched: str = "sibling.mp4"
    seconds: float = 20.0
    limits: Limits = field(default_factory=Limits)


def opens(seen: Seen) -> bool:
    """Another's file was opened."""
    return seen.opened


def connects(seen: Seen) -> bool:
    """The loopback socket got a connection, or a port was opened."""
    return seen.connected
