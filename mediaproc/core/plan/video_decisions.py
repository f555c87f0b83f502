"""What is decided of an mp4 before its variants are made: size, flags, rate, when it begins, how its end is held."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from mediaproc.core.limits import Limits
from mediaproc.core.plan import expected_length
from mediaproc.core.plan.audio_filters import audio_graph
from mediaproc.core.plan.copy_or_encode import audio_flags, video_flags
from mediaproc.core.plan.filter_graph import Graph
from mediaproc.core.plan.frame_rate import stride
from mediaproc.core.plan.geometry import display_size
from mediaproc.core.plan.last_frame import TICK, LastFrameHold, last_frame_hold
from mediaproc.core.plan.stream_selection import left_out_flags, missing_audio_flags
from mediaproc.core.plan.video_filters import video_graph
from mediaproc.core.probe import AudioStream, Probe, VideoStream
from mediaproc.core.profile import Profile


@dataclass(frozen=True, kw_only=True)
class VideoDecisions:
    """The streams that were chosen for an mp4, and what follows from them, the profile and the site's limits.

    What several variants ask for is worked out once: a graph costs a millisecond.
    """

    probe: Probe
    video: VideoStream
    # One stream, or two mono ones that are left and right; empty where there is no sound.
    audio: tuple[AudioStream, ...]
    profile: Profile
    # How many threads the decoder, the filters and the encoder may use each.
    threads: int
    limits: Limits
    # Whether a variant that copied the sound has failed already.
    audio_copy_failed: bool = False

    @cached_property
    def size(self) -> tuple[int, int]:
        """Width and height of an encoded picture, in pixels."""
        return display_size(self.video, max_height=self.profile.max_height)

    @cached_property
    def video_flags(self) -> tuple[str, ...]:
        """Why the picture must be encoded; empty: its packets may be copied."""
        return video_flags(self.video, probe=self.probe, profile=self.profile)

    @cached_property
    def audio_flags(self) -> tuple[str, ...]:
        """Why the sound must be encoded, or why there is none; empty: its packets may be copied."""
        if self.audio_copy_failed:
            return ("audio_copy_failed",)
        match self.audio:
            case []:
                return missing_audio_flags(self.probe)
            case [one]:
                return audio_flags(one, probe=self.probe)
            case _:
                return ("audio_pair",)

    @property
    def left_out_flags(self) -> tuple[str, ...]:
        """The flag that tells of sound which is left out, where there is more than was chosen."""
        return left_out_flags(self.probe, taken=self.audio)

    @property
    def copies_audio(self) -> bool:
        """Whether there is sound and its packets may be copied."""
        return bool(self.audio and not self.audio_flags)

    @cached_property
    def stride(self) -> int:
        """Of how many pictures an encode keeps one."""
        return stride(self.video, size=self.size, highest=self.profile.max_frame_rate)

    @cached_property
    def hold(self) -> LastFrameHold | None:
        """How long the last picture stays, where that is longer than any other."""
        return last_frame_hold(self.probe, self.video)

    @property
    def held_until(self) -> tuple[float, float] | None:
        """After which time, and when, the last picture is shown once more (s); None: that is not needed.

        With sound the player shows the last picture for as long as that goes on.
        """
        if self.audio or self.hold is None:
            return None
        begins = self.hold.begins - self.start
        return begins + 0.0005, begins + self.hold.lasts - TICK

    @cached_property
    def start(self) -> float:
        """The source's time (s) that is the rendition's 0."""
        return expected_length.origin(self.probe, (self.video, *self.audio))

    @cached_property
    def picture_graph(self) -> Graph:
        """What an encode does with the picture."""
        return video_graph(
            self.video,
            size=self.size,
            background=self.profile.background,
            held=self.held_until,
            stride=self.stride,
            clock_steps=expected_length.has_steps(self.probe, self.video),
        )

    @cached_property
    def sound_graph(self) -> Graph:
        """What an encode does with the sound, where there is some."""
        return audio_graph(self.audio)

    @cached_property
    def times(self) -> Sequence[float]:
        """When the source shows its pictures (s), on the rendition's clock."""
        return expected_length.shown_times(self.video, start=self.start)

    def with_audio_encoded(self) -> tuple["VideoDecisions", ...]:
        """The same with the sound encoded, where it was to be copied: only a copy's bytes tell that it is no good."""
        return (replace(self, audio_copy_failed=True),) if self.copies_audio else ()
