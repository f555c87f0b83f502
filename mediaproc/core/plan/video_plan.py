"""The plan of an mp4: copied where it can be, encoded, and encoded once more with more patience."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from mediaproc.core.limits import Limits
from mediaproc.core.plan import arguments, expected_length, resources
from mediaproc.core.plan.audio_filters import sound_graph
from mediaproc.core.plan.comparison import comparison_of
from mediaproc.core.plan.copy_or_encode import audio_flags, video_flags
from mediaproc.core.plan.frame_rate import is_slides, rate_flags, stride
from mediaproc.core.plan.geometry import display_size
from mediaproc.core.plan.last_frame import TICK, Hold, has_stills, hold_of, last_duration
from mediaproc.core.plan.model import Plan, Variant
from mediaproc.core.plan.stream_selection import (
    choose_sound,
    demand_video,
    left_out_flags,
    missing_sound_flags,
    refuse_beyond,
)
from mediaproc.core.plan.video_filters import film_graph
from mediaproc.core.probe import AudioStream, Probe, VideoStream
from mediaproc.core.profile import Profile
from mediaproc.core.verification import Expectation, Medium

# An mp4's tables of samples and a copied stream's own overhead, over the source's bytes.
_COPY_OVERHEAD = 1.05


def video_plan(probe: Probe, *, profile: Profile, threads: int, limits: Limits) -> Plan:
    """The plan of an mp4; raises BadSource where the source has no film or one that the site does not take."""
    video = demand_video(probe)
    refuse_beyond(probe, video=video, limits=limits)
    film = _VideoPlan(
        probe=probe, video=video, audio=choose_sound(probe), profile=profile, threads=threads, limits=limits
    )
    length = expected_length.film_length(probe, video)
    rate = profile.max_video_bit_rate + profile.audio_bit_rate
    estimate = resources.encoded_size(length, size=film.size, bit_rate=rate, probe=probe, limits=limits)
    copied = 0 if film.video_flags else int((probe.size or 0) * _COPY_OVERHEAD)
    return Plan(
        profile=profile,
        output_name=f"output.{profile.extension}",
        mime_type=profile.mime_type,
        variants=film.variants(),
        duration=length,
        memory=resources.film_memory(video, size=film.size, threads=threads, profile=profile, limits=limits),
        decoded_pixels=resources.decoded_pixels(video, limits=limits),
        wall_limit=resources.wall_limit(probe, video=video, length=length, limits=limits),
        output_estimate=min(max(estimate, copied), limits.max_output_bytes),
        decode_test=arguments.one_picture(video.index),
        film=video,
        comparison=comparison_of(
            probe,
            video=video,
            sound=film.audio,
            start=film.start,
            background=profile.background,
            stride=film.stride,
        ),
    )


@dataclass(frozen=True, kw_only=True)
class _VideoPlan:
    probe: Probe
    video: VideoStream
    audio: tuple[AudioStream, ...]
    profile: Profile
    threads: int
    limits: Limits
    sound_copy_failed: bool = False

    @property
    def size(self) -> tuple[int, int]:
        return display_size(self.video, max_height=self.profile.max_height)

    @property
    def video_flags(self) -> tuple[str, ...]:
        return video_flags(self.video, probe=self.probe, profile=self.profile)

    @property
    def audio_flags(self) -> tuple[str, ...]:
        if self.sound_copy_failed:
            return ("audio_copy_failed",)
        match self.audio:
            case []:
                return missing_sound_flags(self.probe)
            case [one]:
                return audio_flags(one, probe=self.probe)
            case _:
                return ("audio_pair",)

    @property
    def stride(self) -> int:
        return stride(self.video, size=self.size, highest=self.profile.max_frame_rate)

    @property
    def hold(self) -> Hold | None:
        return hold_of(self.probe, self.video)

    @property
    def start(self) -> float:
        return expected_length.origin(self.probe, (self.video, *self.audio))

    @cached_property
    def times(self) -> Sequence[float]:
        return expected_length.shown_times(self.video, start=self.start)

    def variants(self) -> tuple[Variant, ...]:
        flags = (*self.video_flags, *rate_flags(self.stride), *self.audio_flags, *self._left_out)
        encode = self.encode("encode", flags=flags)
        gentle = self.encode("gentle", flags=(*encode.flags, "damaged"))
        if self.video_flags:
            others = (
                film.encode("encode", flags=(*encode.flags, *film.audio_flags))
                for film in self._with_its_sound_encoded()
            )
            return (encode, *others, gentle, *self._silent(gentle.flags))
        # Flags tell why a stream was encoded: in these two because its copy was no good.
        return (
            self.copy(keeps_units=False),
            # Where key frames are none by themselves, a message beside each says that one may start there.
            self.copy(keeps_units=True),
            *(film.copy(keeps_units=False) for film in self._with_its_sound_encoded()),
            replace(encode, flags=("copy_failed", *encode.flags)),
            replace(gentle, flags=("copy_failed", *gentle.flags)),
            *self._silent(("copy_failed", *gentle.flags)),
        )

    def _silent(self, flags: tuple[str, ...]) -> tuple[Variant, ...]:
        """Without the sound, where there is some: damage to that alone can end ffmpeg, or the file, before its time."""
        if not self.audio:
            return ()
        others = tuple(flag for flag in flags if not flag.startswith("audio_"))
        silent = replace(self, audio=()).encode("gentle", flags=(*others, "audio_undecodable"))
        wanted = silent.expectation
        # No sound is left to tell whether the container overstates the length.
        declared_somewhere = wanted.duration if wanted.duration is not None else wanted.hint
        expectation = replace(wanted, silenced=True, duration=declared_somewhere)
        return (replace(silent, name="silent", expectation=expectation),)

    def _with_its_sound_encoded(self) -> tuple["_VideoPlan", ...]:
        """The same film, where its sound was to be copied: only the bytes of a copy tell that it is no good."""
        return (replace(self, sound_copy_failed=True),) if self.audio and not self.audio_flags else ()

    def copy(self, *, keeps_units: bool) -> Variant:
        """The picture's packets as they are."""
        return Variant(
            name="copy",
            input_arguments=self._input(discard_corrupt=False),
            output_arguments=(
                *arguments.copy_video(self.video.index, keeps_units=keeps_units),
                *self._sound(copy=not self.audio_flags),
                *arguments.mp4_container(self.limits),
            ),
            flags=(*self.audio_flags, *self._left_out),
            sounds_anew=bool(self.audio and self.audio_flags),
            expectation=replace(
                self._expectation(),
                # A full-range picture may stay what it is: browsers play it.
                pixel_formats=("yuv420p", "yuvj420p"),
                width=self.video.width,
                height=self.video.height,
                duration=expected_length.declared_length(self.probe, self.video),
                copied=True,
                keeps_units=keeps_units,
                copies_sound=bool(self.audio and not self.audio_flags),
            ),
        )

    def encode(self, name: str, *, flags: tuple[str, ...]) -> Variant:
        """The picture made anew; `gentle` gives up on nothing."""
        gentle = name == "gentle"
        graph = film_graph(
            self.video,
            size=self.size,
            background=self.profile.background,
            held=self._held_until(),
            stride=self.stride,
            clock_steps=expected_length.has_steps(self.probe, self.video),
        )
        alpha = () if gentle else arguments.alpha_decoder(self.video)
        return Variant(
            name=name,
            input_arguments=(*self._input(discard_corrupt=not gentle), *alpha),
            output_arguments=(
                *(arguments.PATIENCE if gentle else ()),
                *arguments.encode_video(
                    graph,
                    profile=self.profile,
                    threads=self.threads,
                    stills=has_stills(self.probe, self.video),
                    slides=is_slides(self.video),
                    last=last_duration(self.video) if self.hold is None else TICK,
                ),
                *self._sound(copy=not self.audio_flags and not gentle),
                *arguments.mp4_container(self.limits),
            ),
            flags=flags,
            shows_anew=True,
            sounds_anew=bool(self.audio and (self.audio_flags or gentle)),
            expectation=replace(
                self._expectation(),
                last=gentle and not self.audio,
                copies_sound=bool(self.audio and not self.audio_flags and not gentle),
            ),
        )

    def _input(self, *, discard_corrupt: bool) -> tuple[str, ...]:
        return arguments.input_arguments(
            self.probe, limits=self.limits, threads=self.threads, discard_corrupt=discard_corrupt
        )

    def _sound(self, *, copy: bool) -> tuple[str, ...]:
        if not self.audio:
            return ("-an",)
        if copy:
            return arguments.copy_audio(self.audio[0].index)
        return arguments.encode_audio(sound_graph(self.audio), profile=self.profile, codec="aac")

    @property
    def _left_out(self) -> tuple[str, ...]:
        return left_out_flags(self.probe, taken=self.audio)

    def _held_until(self) -> tuple[float, float] | None:
        """After which time, and when, the last picture is to be shown once more; None: that is not needed.

        With sound the player shows the last picture for as long as that goes on.
        """
        if self.audio or self.hold is None:
            return None
        begins = self.hold.begins - self.start
        return begins + 0.0005, begins + self.hold.lasts - TICK

    def _expectation(self) -> Expectation:
        length = expected_length.declared_length(self.probe, self.video)
        if length is not None and self.audio and self.hold is not None:
            length = max(0.0, length - self.hold.lasts)
        lost, pictures = expected_length.losses(self.probe, self.video), expected_length.decodable_pictures(self.video)
        return Expectation(
            medium=Medium.VIDEO,
            formats=("mov",),
            video_codec="h264",
            pixel_formats=("yuv420p",),
            codec_tag="avc1",
            audio_codec="aac" if self.audio else None,
            width=self.size[0],
            height=self.size[1],
            duration=length,
            hint=expected_length.hinted_length(self.probe) if length is None else None,
            pictures=None if pictures is None else math.ceil(pictures / self.stride),
            times=self.times,
            sound_end=expected_length.sound_end(self.audio[0], start=self.start) if self.audio else None,
            holds=self._held_until() is not None,
            missing=lost.sure,
            doubtful=max(lost.sure, lost.doubtful),
            limits=self.limits,
        )
