"""The plan of an mp4: copied where it can be, encoded, and encoded once more with more patience."""

from dataclasses import dataclass, replace

from mediaproc.core.limits import Limits
from mediaproc.core.plan import arguments, declared, needs
from mediaproc.core.plan.decide import audio_flags, video_flags
from mediaproc.core.plan.filters import display_size, film_graph
from mediaproc.core.plan.model import Plan, Variant
from mediaproc.core.plan.streams import choose_audio, demand_video, refuse_beyond
from mediaproc.core.probe import AudioStream, Probe, VideoStream
from mediaproc.core.profile import Profile
from mediaproc.core.verification import Expectation, Medium

# A last picture that stays longer than this is a held one (s).
_HELD = 1.0

# One that stays longer than this is worth an encode that ends exactly where it does (s).
_STILL = 0.1

# An mp4's tables of samples and a copied stream's own overhead, over the source's bytes.
_COPY_OVERHEAD = 1.05


def film_plan(probe: Probe, *, profile: Profile, threads: int, limits: Limits) -> Plan:
    """The plan of an mp4; raises BadSource where the source has no film or one that the site does not take."""
    video = demand_video(probe)
    refuse_beyond(probe, video=video, limits=limits)
    film = _Film(probe=probe, video=video, audio=choose_audio(probe), profile=profile, threads=threads, limits=limits)
    length = declared.film_length(probe, video)
    rate = profile.max_video_bit_rate + profile.audio_bit_rate
    estimate = needs.encoded_size(length, size=film.size, bit_rate=rate, probe=probe, limits=limits)
    copied = 0 if film.video_flags else int((probe.size or 0) * _COPY_OVERHEAD)
    return Plan(
        profile=profile,
        output_name=f"output.{profile.extension}",
        mime_type=profile.mime_type,
        variants=film.variants(),
        duration=length,
        memory=needs.film_memory(video, size=film.size, threads=threads, encoder_speed=profile.encoder_speed),
        wall_limit=needs.wall_limit(probe, video=video, length=length, limits=limits),
        output_estimate=min(max(estimate, copied), limits.max_output_bytes),
        decode_test=arguments.one_picture(video.index),
    )


@dataclass(frozen=True, kw_only=True)
class _Film:
    probe: Probe
    video: VideoStream
    audio: AudioStream | None
    profile: Profile
    threads: int
    limits: Limits

    @property
    def size(self) -> tuple[int, int]:
        return display_size(self.video, max_height=self.profile.max_height)

    @property
    def video_flags(self) -> tuple[str, ...]:
        return video_flags(self.video, probe=self.probe, profile=self.profile)

    @property
    def audio_flags(self) -> tuple[str, ...]:
        if self.audio is not None:
            return audio_flags(self.audio, probe=self.probe)
        return ("audio_undecodable",) if self.probe.audios else ()

    def variants(self) -> tuple[Variant, ...]:
        encode = self._encode("encode", flags=(*self.video_flags, *self.audio_flags))
        gentle = self._encode("gentle", flags=(*encode.flags, "damaged"))
        if self.video_flags:
            return (encode, gentle, *self._silent(gentle.flags))
        # Flags tell why a stream was encoded: in these two because its copy was no good.
        return (
            self._copy(),
            replace(encode, flags=("copy_failed", *encode.flags)),
            replace(gentle, flags=("copy_failed", *gentle.flags)),
            *self._silent(("copy_failed", *gentle.flags)),
        )

    def _silent(self, flags: tuple[str, ...]) -> tuple[Variant, ...]:
        """Without the sound, where there is some: damage to that alone can end ffmpeg, or the file, before its time."""
        if self.audio is None:
            return ()
        others = tuple(flag for flag in flags if not flag.startswith("audio_"))
        silent = replace(self, audio=None)._encode("gentle", flags=(*others, "audio_undecodable"))  # noqa: SLF001 - a film of its own kind
        wanted = silent.expectation
        # No sound is left to tell whether the container overstates the length.
        declared_somewhere = wanted.duration if wanted.duration is not None else wanted.hint
        expectation = replace(wanted, silenced=True, duration=declared_somewhere)
        return (replace(silent, name="silent", expectation=expectation),)

    def _copy(self) -> Variant:
        return Variant(
            name="copy",
            input_arguments=self._input(discard_corrupt=False),
            output_arguments=(
                *arguments.copy_video(self.video.index),
                *self._sound(copy=not self.audio_flags),
                *arguments.mp4_container(self.limits),
            ),
            flags=self.audio_flags,
            expectation=replace(
                self._expectation(),
                # A full-range picture may stay what it is: browsers play it.
                pixel_formats=("yuv420p", "yuvj420p"),
                width=self.video.width,
                height=self.video.height,
                duration=declared.declared_length(self.probe, self.video),
                copied=True,
            ),
        )

    def _encode(self, name: str, *, flags: tuple[str, ...]) -> Variant:
        gentle = name == "gentle"
        graph = film_graph(
            self.video, size=self.size, held=self._held_until(), clock_steps=declared.has_steps(self.probe, self.video)
        )
        return Variant(
            name=name,
            input_arguments=self._input(discard_corrupt=not gentle),
            output_arguments=(
                *(arguments.PATIENCE if gentle else ()),
                *arguments.encode_video(graph, profile=self.profile, threads=self.threads, stills=self._stills),
                *self._sound(copy=not self.audio_flags and not gentle),
                *arguments.mp4_container(self.limits),
            ),
            flags=flags,
            expectation=replace(self._expectation(), last=gentle and self.audio is None),
        )

    def _input(self, *, discard_corrupt: bool) -> tuple[str, ...]:
        return arguments.input_arguments(
            self.probe, limits=self.limits, threads=self.threads, discard_corrupt=discard_corrupt
        )

    def _sound(self, *, copy: bool) -> tuple[str, ...]:
        if self.audio is None:
            return ("-an",)
        if copy:
            return arguments.copy_audio(self.audio.index)
        return arguments.encode_audio(self.audio.index, profile=self.profile, codec="aac")

    @property
    def _held(self) -> float:
        """How long the last picture is held (s), 0 where it is shown as long as any other."""
        held = self.video.packets.last_duration if self.video.packets is not None else None
        return held if held is not None and held > _HELD else 0.0

    @property
    def _stills(self) -> bool:
        """Whether a picture is known to stay for long, somewhere or at the end."""
        packets = self.video.packets
        return packets is not None and max(packets.longest_gap, self._held) > _STILL

    def _held_until(self) -> tuple[float, float] | None:
        """After which time, and when, the last picture is to be shown once more; None: that is not needed.

        With sound the player shows the last picture for as long as that goes on.
        """
        packets = self.video.packets
        if self.audio is not None or not self._held or packets is None or packets.last is None:
            return None
        last = packets.last - (self.probe.start or 0.0)
        tick = float(1 / (self.video.highest_rate or self.video.frame_rate or 25))
        return last + 0.0005, last + self._held - tick

    def _expectation(self) -> Expectation:
        length = declared.declared_length(self.probe, self.video)
        if length is not None and self.audio is not None:
            length = max(0.0, length - self._held)
        lost = declared.losses(self.probe, self.video)
        return Expectation(
            medium=Medium.VIDEO,
            formats=("mov",),
            video_codec="h264",
            pixel_formats=("yuv420p",),
            codec_tag="avc1",
            audio_codec="aac" if self.audio is not None else None,
            width=self.size[0],
            height=self.size[1],
            duration=length,
            hint=self.probe.duration if length is None and not declared.is_clocked(self.probe) else None,
            pictures=declared.decodable_pictures(self.probe, self.video),
            missing=lost.sure,
            doubtful=max(lost.sure, lost.doubtful),
            encrypted=self.probe.container.encrypted,
            limits=self.limits,
        )
