"""The plans of a gif and of a poster: small pictures that stand for a film."""

from mediaproc.core.limits import Limits
from mediaproc.core.plan import arguments, needs
from mediaproc.core.plan.filters import Graph, animation_graph, display_size, poster_graph
from mediaproc.core.plan.model import Plan, Variant
from mediaproc.core.plan.streams import demand_video, refuse_beyond
from mediaproc.core.probe import Probe, VideoStream
from mediaproc.core.profile import Profile
from mediaproc.core.verification import Expectation, Medium

# How far into a film its poster is looked for, as a part of it: behind titles and fades.
_TELLING = 0.1

# How much of a film is looked at for a poster (s).
_LOOKED_AT = 60.0

# Frames that a gif's palette and a poster's choice hold at a time.
_FRAMES_HELD = 120
_BYTES_PER_PIXEL = 4
_POSTER_BYTES_PER_PIXEL = 2


def picture_plan(probe: Probe, *, profile: Profile, threads: int, limits: Limits) -> Plan:
    """The plan of a gif or a poster; raises BadSource where the source has no film or one the site does not take."""
    video = demand_video(probe)
    refuse_beyond(probe, video=video, limits=limits)
    size = display_size(video, max_height=profile.max_height)
    length = needs.film_length(probe, video)
    make = _poster_variants if profile.medium is Medium.PICTURE else _animation_variants
    pixels = size[0] * size[1]
    return Plan(
        profile=profile,
        output_name=f"output.{profile.extension}",
        mime_type=profile.mime_type,
        variants=make(video, probe=probe, size=size, profile=profile, threads=threads, limits=limits),
        duration=None if profile.medium is Medium.PICTURE else min(length or profile.max_seconds, profile.max_seconds),
        memory=needs.film_memory(video, size=size, threads=threads, encoder_speed=profile.encoder_speed)
        + pixels * _FRAMES_HELD * _BYTES_PER_PIXEL,
        wall_limit=needs.wall_limit(probe, video=video, length=_LOOKED_AT),
        output_estimate=pixels * _POSTER_BYTES_PER_PIXEL
        if profile.medium is Medium.PICTURE
        else int(pixels * profile.frame_rate * profile.max_seconds),
        decode_test=arguments.one_picture(video.index),
    )


def _animation_variants(
    video: VideoStream, *, probe: Probe, size: tuple[int, int], profile: Profile, threads: int, limits: Limits
) -> tuple[Variant, ...]:
    del probe  # an animation is the film's beginning, whatever its length
    graph = animation_graph(video, size=size, frame_rate=profile.frame_rate)
    output = (*arguments.picture_from(graph, threads=threads), *arguments.gif_container(profile, limits))
    return tuple(
        Variant(
            name=name,
            input_arguments=arguments.input_arguments(limits, threads=threads, discard_corrupt=name == "encode"),
            output_arguments=(*(arguments.PATIENCE if name == "gentle" else ()), *output),
            flags=("profile",),
            expectation=_expectation("gif", size=size, last=name == "gentle", medium=profile.medium, limits=limits),
        )
        for name in ("encode", "gentle")
    )


def _poster_variants(
    video: VideoStream, *, probe: Probe, size: tuple[int, int], profile: Profile, threads: int, limits: Limits
) -> tuple[Variant, ...]:
    """A telling picture from behind the film's beginning; else one that is not black; else whichever comes first."""
    telling = ("-ss", f"{(needs.film_length(probe, video) or 0.0) * _TELLING:.3f}")
    tries = (("encode", telling, True), ("start", (), True), ("gentle", (), False))
    return tuple(
        Variant(
            name=name,
            input_arguments=arguments.input_arguments(
                limits,
                threads=threads,
                discard_corrupt=name != "gentle",
                extra=(*seek, "-t", f"{_LOOKED_AT:g}"),
            ),
            output_arguments=_poster_output(
                poster_graph(video, size=size, skip_black=skip_black), threads=threads, limits=limits
            ),
            flags=("profile",),
            expectation=_expectation("mjpeg", size=size, last=name == "gentle", medium=profile.medium, limits=limits),
        )
        for name, seek, skip_black in tries
    )


def _poster_output(graph: Graph, *, threads: int, limits: Limits) -> tuple[str, ...]:
    return (*arguments.picture_from(graph, threads=threads), *arguments.jpeg_container(limits))


def _expectation(codec: str, *, size: tuple[int, int], last: bool, medium: Medium, limits: Limits) -> Expectation:
    return Expectation(
        medium=medium,
        # A raw jpeg has no container: it is recognised by what it looks like.
        formats=("gif",) if codec == "gif" else ("jpeg_pipe", "mjpeg", "image2"),
        video_codec=codec,
        pixel_formats=("bgra", "pal8", "bgr8") if codec == "gif" else ("yuvj420p", "yuv420p"),
        width=size[0],
        height=size[1],
        last=last,
        limits=limits,
    )
