"""A material as it lies in the room of an attempt: its name there, and what a probe found in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from mediaproc.core.plan.stream_selection import choose_audio_or_mono_pair, choose_video_stream
from mediaproc.core.probe import AudioStream, Probe, VideoStream
from mediaproc.core.timeline import Material


@dataclass(frozen=True, kw_only=True)
class RoomFile:
    """A file of the room; what the project claims of its material no longer counts."""

    # Ours, such as m0001: safe in arguments and graphs.
    name: str
    probe: Probe

    @cached_property
    def video(self) -> VideoStream | None:
        """The stream of pictures that is shown; None where there is none that can be decoded."""
        return choose_video_stream(self.probe)

    @cached_property
    def audio(self) -> tuple[AudioStream, ...]:
        """The stream that is heard, or two mono ones that are left and right; empty where there is none."""
        return choose_audio_or_mono_pair(self.probe)

    @property
    def has_alpha(self) -> bool:
        """Whether parts of its picture are transparent."""
        return self.video is not None and self.video.alpha


# A file for each material of a timeline that is there; where one is missing, its clips and sounds are left out.
Files = Mapping[Material, RoomFile]
