"""Processors as packages of their own might bring them, good and bad."""

from collections.abc import Callable, Sequence

from mediaproc.core.expectation import Medium
from mediaproc.core.limits import Limits
from mediaproc.core.plan import Plan, make_plan
from mediaproc.core.profile import Profile
from mediaproc.processors import Facts, Processors
from mediaproc.processors.candidates import Candidate


def profile(name: str = "tiny", *, processor: str = "shrinking") -> Profile:
    return Profile(
        name=name, medium=Medium.VIDEO, extension="mp4", mime_type="video/mp4", max_height=64, processor=processor
    )


class Shrinking:
    """A good one: an mp4 that is small."""

    name = "shrinking"
    profiles: Sequence[Profile] = (profile(),)

    def accepts(self, mime_type: str, profile: Profile) -> bool:  # noqa: ARG002
        return mime_type.startswith("video/")

    def plan(self, facts: Facts, *, profile: Profile, threads: int, limits: Limits) -> Plan:
        assert facts.source is not None
        return make_plan(facts.source, profile=profile, threads=threads, limits=limits)


def candidate(load: Callable[[], object], *, name: str = "shrinking", of: str = "shrink-package") -> Candidate:
    return Candidate(name=name, distribution=of, version="1.2", load=load)


def processors(*candidates: Candidate) -> Processors:
    return Processors(others=lambda: candidates)
