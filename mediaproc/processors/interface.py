"""What a processor is: it says what to run for a task, as values, and never runs anything itself.

`work` alone downloads, makes room, probes, runs, fences, limits, verifies and uploads, so no processor can skip any of
that. A processor sees this module and the values of `mediaproc.core`, and needs nothing else.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import IO, Protocol, runtime_checkable

from mediaproc.core.limits import Limits
from mediaproc.core.plan import Plan
from mediaproc.core.probe import Probe
from mediaproc.core.profile import Profile

# The group of entry points that name processors.
GROUP = "mediaproc.processors"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a plan is made of: the facts that `work` has found."""

    # About the source; None where the processor names inputs of its own.
    source: Probe | None = None
    # About each input that is media, by its name in the room.
    inputs: Mapping[str, Probe] = field(default_factory=lambda: MappingProxyType({}))
    # What the processor read of the source while it named its inputs.
    reading: object = None


@dataclass(frozen=True, kw_only=True)
class InputFile:
    """One file that the room of an attempt shall hold: a folder in which the plan's steps run."""

    # In the room: small letters, digits, `_` and `.`, perhaps one folder before them (`m0001`, `fonts/f01.ttf`).
    name: str
    # Bytes at the most: so many are promised to it on the disk.
    size: int
    # Writes the content.
    write: Callable[[IO[bytes]], None] = field(repr=False)
    # Whether it is a film, a sound or a picture: it is probed, in the sandbox, before the plan is asked for.
    is_media: bool = True
    # What its uploader calls it, for a sentence about one that cannot be used.
    told_as: str = ""


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What a source becomes before it is planned: the files of the room, and whatever the processor has read."""

    files: Sequence[InputFile]
    reading: object = None


@runtime_checkable
class Processor(Protocol):
    """Plans tasks. It is found by an entry point of its own name, and made without arguments."""

    @property
    def name(self) -> str:
        """What profiles call it in `Profile.processor`."""

    def accepts(self, mime_type: str, profile: Profile) -> bool:
        """Whether it makes something of such a file for this profile."""

    def plan(self, facts: Facts, *, profile: Profile, threads: int, limits: Limits) -> Plan:
        """What to run, with so many threads, and what to expect of it; the same answer however often it is asked.

        Raises:
            BadSource: the source cannot give this profile's rendition; the sentence is for its uploader.
        """


@runtime_checkable
class BringsProfiles(Protocol):
    """A processor that has profiles of its own; each names it as its `processor`."""

    @property
    def profiles(self) -> Sequence[Profile]:
        """The profiles, none of them built in."""


@runtime_checkable
class OpensSources(Protocol):
    """A processor whose plans have other inputs than the source as it is. The source itself is not probed then."""

    def inputs(self, source: Path, *, profile: Profile, limits: Limits) -> AbstractContextManager[Inputs]:
        """The inputs, which are written while the block lasts.

        Raises:
            BadSource: the source holds none; the sentence is for its uploader.
        """
