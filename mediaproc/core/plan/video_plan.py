"""The plan of an mp4: copied where it can be, else encoded, then encoded gently, then without its sound."""

from dataclasses import replace

from mediaproc.core.limits import Limits
from mediaproc.core.plan import arguments, expected_length, resources
from mediaproc.core.plan.comparison import comparison_of
from mediaproc.core.plan.copy_or_encode import carrier
from mediaproc.core.plan.frame_rate import rate_flags
from mediaproc.core.plan.model import Plan, Variant
from mediaproc.core.plan.stream_selection import choose_audio_or_mono_pair, demand_video, refuse_beyond
from mediaproc.core.plan.video_decisions import VideoDecisions
from mediaproc.core.plan.video_variants import copy_variant, encode_variant, silent_variants
from mediaproc.core.probe import Probe
from mediaproc.core.profile import Profile

# An mp4's tables of samples and a copied stream's own overhead, over the source's bytes.
_COPY_OVERHEAD = 1.05


def video_plan(probe: Probe, *, profile: Profile, threads: int, limits: Limits) -> Plan:
    """The plan of an mp4; raises BadSource where the source has no film or one that the site does not take."""
    video = demand_video(probe)
    refuse_beyond(probe, video=video, limits=limits)
    audio = choose_audio_or_mono_pair(probe)
    decisions = VideoDecisions(probe=probe, video=video, audio=audio, profile=profile, threads=threads, limits=limits)
    length = expected_length.video_length(probe, video)
    return Plan(
        profile=profile,
        output_name=f"output.{profile.extension}",
        mime_type=profile.mime_type,
        variants=_variants(decisions),
        duration=length,
        memory=resources.video_memory(video, size=decisions.size, threads=threads, profile=profile, limits=limits),
        decoded_pixels=resources.decoded_pixels(video, limits=limits),
        wall_limit=resources.wall_limit(probe, video=video, length=length, limits=limits),
        output_estimate=_output_estimate(decisions, length=length),
        decode_test=arguments.one_picture(video.index),
        container=carrier(probe),
        video=video,
        comparison=comparison_of(
            probe,
            video=video,
            audio=audio,
            start=decisions.start,
            background=profile.background,
            stride=decisions.stride,
        ),
    )


def _variants(decisions: VideoDecisions) -> tuple[Variant, ...]:
    flags = (
        *decisions.video_flags,
        *rate_flags(decisions.stride),
        *decisions.audio_flags,
        *decisions.left_out_flags,
    )
    encode = encode_variant(decisions, flags=flags)
    gentle = encode_variant(decisions, flags=(*flags, "damaged"), gentle=True)
    if decisions.video_flags:
        others = (encode_variant(other, flags=(*flags, *other.audio_flags)) for other in decisions.with_audio_encoded())
        return (encode, *others, gentle, *silent_variants(decisions, flags=gentle.flags))
    # Flags tell why a stream was encoded: in the last of these because its copy was no good.
    return (
        copy_variant(decisions, keeps_units=False),
        # Where key frames are none by themselves, a message beside each says that one may start there.
        copy_variant(decisions, keeps_units=True),
        *(copy_variant(other, keeps_units=False) for other in decisions.with_audio_encoded()),
        replace(encode, flags=("copy_failed", *encode.flags)),
        replace(gentle, flags=("copy_failed", *gentle.flags)),
        *silent_variants(decisions, flags=("copy_failed", *gentle.flags)),
    )


def _output_estimate(decisions: VideoDecisions, *, length: float | None) -> int:
    """Bytes that the largest of the variants may come to."""
    probe, profile, limits = decisions.probe, decisions.profile, decisions.limits
    rate = profile.max_video_bit_rate + profile.audio_bit_rate
    encoded = resources.encoded_size(length, size=decisions.size, bit_rate=rate, probe=probe, limits=limits)
    copied = 0 if decisions.video_flags else int((probe.size or 0) * _COPY_OVERHEAD)
    return min(max(encoded, copied), limits.max_output_bytes)
