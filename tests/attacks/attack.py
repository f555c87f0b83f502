"""What an attack is: an upload, the way a plain pipeline takes it, and the harm that can then be observed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mediaproc.core.limits import Limits
from tests.attacks.attack_folder import AttackFolder

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What a pipeline did with an upload, the plain one or ours; sizes in bytes.

    `kept` is all text that the pipeline would pass on. `ended` means that the plain pipeline did not end by itself in
    time. `appeared` are the names of the files that it made besides its output.
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

    `harm` says whether harm was done. `plain_options` stand before `-i` of the plain pipeline: unsafe options that many
    guides recommend, without which ffmpeg 5.1 or later does not fall for the attack. `by_name` gives the plain pipeline
    the upload's bare name in place of a `file:` address. `watched` is the file beside the upload, or /etc/passwd as a
    copy, that must not be opened. After `seconds` the plain pipeline is ended.
    """

    name: str
    make: Callable[[AttackFolder], Path]
    harm: Callable[[Observation], bool]
    harm_name: str
    plain_options: tuple[str, ...] = ()
    plain_output: tuple[str, ...] = ()
    by_name: bool = False
    watched: str = "sibling.mp4"
    seconds: float = 20.0
    limits: Limits = field(default_factory=Limits)


def opens(observation: Observation) -> bool:
    """Another's file was opened."""
    return observation.opened


def connects(observation: Observation) -> bool:
    """The loopback socket got a connection, or a port was opened."""
    return observation.connected
