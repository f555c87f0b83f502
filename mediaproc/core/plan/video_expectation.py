"""What an mp4 is held to, whether its picture is encoded or copied."""

import math
from dataclasses import replace

from mediaproc.core.expectation import (
    CopiedStreams,
    Expectation,
    ExpectedContent,
    ExpectedStreams,
    ExpectedTiming,
    Medium,
)
from mediaproc.core.plan import expected_length
from mediaproc.core.plan.video_decisions import VideoDecisions


def encode_expectation(decisions: VideoDecisions) -> Expectation:
    """What an mp4 with an encoded picture is held to."""
    return Expectation(
        medium=Medium.VIDEO,
        streams=ExpectedStreams(
            formats=("mov",),
            video_codec="h264",
            pixel_formats=("yuv420p",),
            codec_tag="avc1",
            audio_codec="aac" if decisions.audio else None,
            width=decisions.size[0],
            height=decisions.size[1],
        ),
        content=_content(decisions),
        timing=_timing(decisions),
        limits=decisions.limits,
    )


def copy_expectation(decisions: VideoDecisions, *, keeps_units: bool) -> Expectation:
    """What an mp4 with a copied picture is held to."""
    video, wanted = decisions.video, encode_expectation(decisions)
    return replace(
        wanted,
        # A full-range picture may stay what it is: browsers play it.
        streams=replace(wanted.streams, pixel_formats=("yuv420p", "yuvj420p"), width=video.width, height=video.height),
        content=replace(wanted.content, duration=expected_length.declared_length(decisions.probe, video)),
        copied=CopiedStreams(video=True, audio=decisions.copies_audio, keeps_units=keeps_units),
    )


def _content(decisions: VideoDecisions) -> ExpectedContent:
    probe, video = decisions.probe, decisions.video
    length = expected_length.declared_length(probe, video)
    if length is not None and decisions.audio and decisions.hold is not None:
        length = max(0.0, length - decisions.hold.lasts)
    lost, pictures = expected_length.losses(probe, video), expected_length.decodable_pictures(video)
    return ExpectedContent(
        duration=length,
        hint=expected_length.hinted_length(probe) if length is None else None,
        pictures=None if pictures is None else math.ceil(pictures / decisions.stride),
        missing=lost.sure,
        doubtful=max(lost.sure, lost.doubtful),
    )


def _timing(decisions: VideoDecisions) -> ExpectedTiming:
    audio = decisions.audio
    return ExpectedTiming(
        times=decisions.times,
        audio_end=expected_length.audio_end(audio[0], start=decisions.start) if audio else None,
        repeats_last_picture=decisions.held_until is not None,
    )
