"""The plan of an mp3: the sound of a film, or of a file that is only sound."""

from mediaproc.core.expectation import Expectation, ExpectedContent, ExpectedStreams, Medium
from mediaproc.core.limits import Limits
from mediaproc.core.plan import arguments, expected_length, resources
from mediaproc.core.plan.audio_filters import audio_graph
from mediaproc.core.plan.comparison import comparison_of
from mediaproc.core.plan.copy_or_encode import carrier
from mediaproc.core.plan.model import Plan, Variant, VariantName
from mediaproc.core.plan.stream_selection import (
    choose_audio_or_mono_pair,
    choose_video_stream,
    demand_audio,
    left_out_flags,
    refuse_beyond,
)
from mediaproc.core.probe import AudioStream, Probe
from mediaproc.core.profile import Profile


def audio_plan(probe: Probe, *, profile: Profile, limits: Limits) -> Plan:
    """The plan of an mp3; raises BadSource where the source has no sound or more than the site takes."""
    audio = demand_audio(probe)
    streams = choose_audio_or_mono_pair(probe)
    refuse_beyond(probe, video=None, limits=limits)
    length = audio.duration or probe.duration
    return Plan(
        profile=profile,
        output_name=f"output.{profile.extension}",
        mime_type=profile.mime_type,
        variants=tuple(
            _variant(name, streams=streams, probe=probe, profile=profile, limits=limits)
            for name in (VariantName.ENCODE, VariantName.GENTLE)
        ),
        duration=length,
        memory=resources.audio_memory(),
        wall_limit=resources.wall_limit(probe, video=None, length=length, limits=limits),
        output_estimate=resources.encoded_size(
            length, size=(0, 0), bit_rate=profile.audio_bit_rate, probe=probe, limits=limits
        ),
        decode_test=arguments.one_second(audio.index),
        container=carrier(probe),
        comparison=comparison_of(probe, video=None, audio=streams, start=_origin(probe, streams)),
    )


def _variant(
    name: VariantName, *, streams: tuple[AudioStream, ...], probe: Probe, profile: Profile, limits: Limits
) -> Variant:
    gentle = name is VariantName.GENTLE
    return Variant(
        name=name,
        input_arguments=arguments.input_arguments(probe, limits=limits, threads=1, discard_corrupt=not gentle),
        output_arguments=(
            *(arguments.TOLERATE_DAMAGE if gentle else ()),
            "-vn",
            *arguments.encode_audio(
                audio_graph(streams, delay=_lateness(probe, streams)), profile=profile, codec="libmp3lame"
            ),
            *arguments.mp3_container(limits),
        ),
        encodes_audio=True,
        flags=("profile", *left_out_flags(probe, taken=streams)),
        expectation=Expectation(
            medium=Medium.AUDIO,
            streams=ExpectedStreams(formats=("mp3",), audio_codec="mp3"),
            content=ExpectedContent(
                duration=expected_length.audio_length(streams[0]) if carrier(probe) in {"mov", "matroska"} else None
            ),
            is_last=gentle,
            limits=limits,
        ),
    )


def _lateness(probe: Probe, streams: tuple[AudioStream, ...]) -> float:
    """How much later (s) than the film its sound begins: an mp3 has no times that would say so."""
    return max(0.0, (streams[0].start or 0.0) - _origin(probe, streams))


def _origin(probe: Probe, streams: tuple[AudioStream, ...]) -> float:
    """Where the film begins whose sound this is, shown or not."""
    video = choose_video_stream(probe)
    return expected_length.origin(probe, (*streams, *(() if video is None else (video,))))
