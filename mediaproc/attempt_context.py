"""What an attempt works with, and who watches over it."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from mediaproc.admission import MemoryBudget
from mediaproc.core.limits import Limits
from mediaproc.core.profile import BUILT_IN, Profile
from mediaproc.core.progress import Progress
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.scratch import Scratch
from mediaproc.store.interface import Store


class AttemptObserver(Protocol):
    """Whoever watches over the attempt: told what goes on, and the one who may stop it."""

    stop: threading.Event

    def entering(self, stage: str, *, allowance: float) -> None:
        """The attempt enters `stage`, which may take `allowance` seconds."""

    def leaving(self) -> None:
        """The stage is over; what comes before the next one has no deadline."""

    def progressed(self, progress: Progress) -> None:
        """The transcode has come this far."""

    def announce(self, *, bucket: str, key: str) -> None:
        """The attempt is about to upload there.

        Raises:
            ClaimLost: it must not, the claim is another's now.
            Stopped: it was told to stop before it could learn that.
        """


@dataclass(frozen=True, kw_only=True)
class AttemptContext:
    """What every attempt works with; `threads` are those that one ffmpeg may use."""

    store: Store
    runner: FfmpegRunner
    scratch: Scratch
    memory: MemoryBudget
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)

    @property
    def known_profiles(self) -> frozenset[str]:
        """The names of the built-in profiles and of the site's own."""
        return frozenset(BUILT_IN) | frozenset(self.profiles)
