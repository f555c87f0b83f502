"""A processor as the rest of the program sees it: whatever it gives is checked, and its bugs are its own."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from mediaproc.core.errors import AttemptFailed, BadSource, ErrorClass, MediaprocError, Unavailable
from mediaproc.core.limits import Limits
from mediaproc.core.plan import Plan
from mediaproc.core.profile import Profile
from mediaproc.core.safe_text import shown, shown_lines
from mediaproc.processors.candidates import Candidate
from mediaproc.processors.checking import (
    Unsound,
    limited,
    require_sound_inputs,
    require_sound_plan,
    require_sound_processor,
    sound_profiles,
)
from mediaproc.processors.interface import BringsProfiles, Facts, Inputs, OpensSources, Processor

# The errors that a processor may raise; anything else is its bug.
_SENTENCES = (BadSource, AttemptFailed, Unavailable)
# How much of a traceback the attempt's log keeps (characters).
_MOST_TRACEBACK = 4000
_MOST_OF_AN_ERROR = 200


class Broken(Exception):
    """A processor that cannot be used; its text is a sentence that names it."""


@dataclass(frozen=True, kw_only=True)
class GuardedProcessor:
    """A processor that has been loaded, and what brought it."""

    candidate: Candidate
    # The profiles that it brings.
    profiles: tuple[Profile, ...]
    _processor: Processor = field(repr=False)

    @property
    def name(self) -> str:
        """Its name."""
        return self.candidate.name

    @property
    def opens_sources(self) -> bool:
        """Whether its plans have other inputs than the source."""
        return isinstance(self._processor, OpensSources)

    def accepts(self, mime_type: str, profile: Profile) -> bool:
        """Whether it makes something of such a file.

        Raises:
            AttemptFailed: it has a bug.
        """
        with self.bugs_told():
            return bool(self._processor.accepts(mime_type, profile))

    def plan(self, facts: Facts, *, profile: Profile, threads: int, limits: Limits) -> Plan:
        """Its plan, checked.

        Raises:
            BadSource: as `Processor.plan`.
            AttemptFailed: it has a bug, or the plan is none that may be run.
        """
        with self.bugs_told():
            plan = self._processor.plan(facts, profile=profile, threads=threads, limits=limits)
            sound = require_sound_plan(plan, profile=profile, limits=limits)
            return sound if self.candidate.is_own else limited(sound, limits=limits)

    @contextmanager
    def inputs(self, source: Path, *, profile: Profile, limits: Limits) -> Iterator[Inputs]:
        """Its inputs, checked; what is raised within the block is not the processor's.

        Raises:
            BadSource: as `OpensSources.inputs`.
            AttemptFailed: it has a bug.
        """
        if not isinstance(self._processor, OpensSources):
            raise TypeError("asked for inputs of a processor that has none")
        with self.bugs_told():
            opened = self._processor.inputs(source, profile=profile, limits=limits)
            inputs = opened.__enter__()
        try:
            with self.bugs_told():
                checked = require_sound_inputs(inputs)
            yield checked
        finally:
            with self.bugs_told():
                opened.__exit__(None, None, None)

    @contextmanager
    def bugs_told(self, *, also: type[MediaprocError] | None = None) -> Iterator[None]:
        """Inside the block a processor's bug fails the attempt with a sentence; one in our own is ours, and goes on.

        `also`: what else may be raised there, by what the processor was given.
        """
        try:
            yield
        except _SENTENCES:
            raise
        except Unsound as error:
            raise AttemptFailed(said_of(self.candidate, str(error)), error_class=ErrorClass.BUG) from None
        except (Exception, SystemExit) as error:
            if self.candidate.is_own or (also is not None and isinstance(error, also)):
                raise
            raise AttemptFailed(
                said_of(self.candidate, f"has a bug: {_told(error)}"),
                error_class=ErrorClass.BUG,
                log_tail=shown_lines("".join(traceback.format_exception(error)), limit=_MOST_TRACEBACK),
            ) from error


def load(candidate: Candidate) -> GuardedProcessor:
    """Import a processor and look whether it has the shape of one.

    Raises:
        Broken: it cannot be used.
    """
    try:
        made = candidate.load()
        processor = require_sound_processor(made() if isinstance(made, type) else made, name=candidate.name)
        brought = processor.profiles if isinstance(processor, BringsProfiles) else ()
        profiles = sound_profiles(brought, name=candidate.name)
        for profile in profiles:
            processor.accepts("application/octet-stream", profile)
    except Unsound as error:
        raise Broken(said_of(candidate, f"{error}: correct it or remove the package")) from None
    except (Exception, SystemExit) as error:
        fault = f"cannot be loaded, {_told(error)}: install the package anew or remove it"
        raise Broken(said_of(candidate, fault)) from error
    return GuardedProcessor(candidate=candidate, profiles=profiles, _processor=processor)


def said_of(candidate: Candidate, what: str) -> str:
    """A sentence that begins with the processor."""
    package = f"{shown(candidate.distribution)} {shown(candidate.version)}"
    return f"The processor {shown(candidate.name)} of {package} {what}."


def _told(error: BaseException) -> str:
    text = shown(str(error), limit=_MOST_OF_AN_ERROR).rstrip(".")
    return f"{type(error).__name__} ({text})" if text else type(error).__name__
