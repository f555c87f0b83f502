"""The ways to make an mp4, one function for each: its picture copied, encoded, or encoded without the sound."""

from dataclasses import replace

from mediaproc.core.expectation import CopiedStreams
from mediaproc.core.plan import arguments
from mediaproc.core.plan.frame_rate import is_slides
from mediaproc.core.plan.last_frame import TICK, has_stills, last_duration
from mediaproc.core.plan.model import Variant, VariantName
from mediaproc.core.plan.video_decisions import VideoDecisions
from mediaproc.core.plan.video_expectation import copy_expectation, encode_expectation


def copy_variant(decisions: VideoDecisions, *, keeps_units: bool) -> Variant:
    """The picture's packets as they are."""
    return Variant(
        name=VariantName.COPY,
        input_arguments=_input(decisions, discard_corrupt=False),
        output_arguments=(
            *arguments.copy_video(decisions.video.index, keeps_units=keeps_units),
            *_audio(decisions, copy=not decisions.audio_flags),
            *arguments.mp4_container(decisions.limits),
        ),
        flags=(*decisions.audio_flags, *decisions.left_out_flags),
        encodes_audio=bool(decisions.audio and decisions.audio_flags),
        expectation=copy_expectation(decisions, keeps_units=keeps_units),
    )


def encode_variant(decisions: VideoDecisions, *, flags: tuple[str, ...], gentle: bool = False) -> Variant:
    """The picture encoded; `gentle`: no packet is dropped, no damage ends it, and the sound is encoded too."""
    audio = decisions.audio
    return Variant(
        name=VariantName.GENTLE if gentle else VariantName.ENCODE,
        input_arguments=(
            *_input(decisions, discard_corrupt=not gentle),
            *(() if gentle else arguments.alpha_decoder(decisions.video)),
        ),
        output_arguments=(
            *(arguments.TOLERATE_DAMAGE if gentle else ()),
            *_encoded_video(decisions),
            *_audio(decisions, copy=not decisions.audio_flags and not gentle),
            *arguments.mp4_container(decisions.limits),
        ),
        flags=flags,
        encodes_video=True,
        encodes_audio=bool(audio and (decisions.audio_flags or gentle)),
        expectation=replace(
            encode_expectation(decisions),
            copied=CopiedStreams(audio=decisions.copies_audio and not gentle),
            is_last=gentle and not audio,
        ),
    )


def silent_variants(decisions: VideoDecisions, *, flags: tuple[str, ...]) -> tuple[Variant, ...]:
    """Without the sound, where there is some: damage to that alone can end ffmpeg, or the file, before its time."""
    if not decisions.audio:
        return ()
    others = tuple(flag for flag in flags if not flag.startswith("audio_"))
    silent = encode_variant(replace(decisions, audio=()), flags=(*others, "audio_undecodable"), gentle=True)
    content = silent.expectation.content
    # No sound is left to tell whether the container overstates the length.
    declared = content.duration if content.duration is not None else content.hint
    expectation = replace(silent.expectation, content=replace(content, silenced=True, duration=declared))
    return (replace(silent, name=VariantName.SILENT, expectation=expectation),)


def _input(decisions: VideoDecisions, *, discard_corrupt: bool) -> tuple[str, ...]:
    return arguments.input_arguments(
        decisions.probe, limits=decisions.limits, threads=decisions.threads, discard_corrupt=discard_corrupt
    )


def _encoded_video(decisions: VideoDecisions) -> tuple[str, ...]:
    probe, video = decisions.probe, decisions.video
    return arguments.encode_video(
        decisions.picture_graph,
        profile=decisions.profile,
        threads=decisions.threads,
        stills=has_stills(probe, video),
        slides=is_slides(video),
        last=last_duration(video) if decisions.hold is None else TICK,
    )


def _audio(decisions: VideoDecisions, *, copy: bool) -> tuple[str, ...]:
    if not decisions.audio:
        return ("-an",)
    if copy:
        return arguments.copy_audio(decisions.audio[0].index)
    return arguments.encode_audio(decisions.sound_graph, profile=decisions.profile, codec="aac")
