"""The first processor: one film, or one sound, becomes one rendition. What it plans is in `core/plan`."""

from mediaproc.core.limits import Limits
from mediaproc.core.plan import Plan, make_plan
from mediaproc.core.profile import Profile
from mediaproc.processors.interface import Facts

# Types of ours: files that hold no film, but what one is made of.
_OTHER_TYPES = "application/vnd.mediaproc."


class TranscodingProcessor:
    """Plans from the facts about the source, whatever its type is called: the probe alone knows what is in it."""

    name = "transcoding"

    def accepts(self, mime_type: str, profile: Profile) -> bool:
        """Every file that may be a film or a sound."""
        return profile.processor == self.name and not mime_type.startswith(_OTHER_TYPES)

    def plan(self, facts: Facts, *, profile: Profile, threads: int, limits: Limits) -> Plan:
        """The plan of the profile's medium.

        Raises:
            BadSource: the source cannot give it.
        """
        if facts.source is None:
            raise ValueError("a transcode is planned from the facts about its source")
        return make_plan(facts.source, profile=profile, threads=threads, limits=limits)
