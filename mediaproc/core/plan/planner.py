"""A plan for one task, made of what the probe says, what the profile wants and what the site allows."""

from typing import assert_never

from mediaproc.core.expectation import Medium
from mediaproc.core.limits import Limits
from mediaproc.core.plan.audio_plan import audio_plan
from mediaproc.core.plan.image_plan import image_plan
from mediaproc.core.plan.model import Plan
from mediaproc.core.plan.video_plan import video_plan
from mediaproc.core.probe import Probe
from mediaproc.core.profile import Profile

_DEFAULT = Limits()


def make_plan(probe: Probe, *, profile: Profile, threads: int, limits: Limits = _DEFAULT) -> Plan:
    """What to run and what to expect of it. Raises BadSource where the source cannot give this profile's rendition."""
    match profile.medium:
        case Medium.VIDEO:
            return video_plan(probe, profile=profile, threads=threads, limits=limits)
        case Medium.AUDIO:
            return audio_plan(probe, profile=profile, limits=limits)
        case Medium.ANIMATION | Medium.IMAGE:
            return image_plan(probe, profile=profile, threads=threads, limits=limits)
        case Medium.REPORT:
            raise ValueError(f"a transcode gives no report, as {profile.name} asks for")
        case _:
            assert_never(profile.medium)
