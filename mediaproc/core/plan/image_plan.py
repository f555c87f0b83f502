"""The plans of a gif and of a poster: small pictures that stand for a film."""

import math
from dataclasses import dataclass, replace

from mediaproc.core.elementary_stream import is_elementary_stream
from mediaproc.core.expectation import Expectation, ExpectedContent, ExpectedStreams, Medium
from mediaproc.core.ffmpeg_memory import FRAMES_HELD, HELD_BYTES_PER_PIXEL
from mediaproc.core.limits import Limits
from mediaproc.core.plan import arguments, expected_length, resources
from mediaproc.core.plan.filter_graph import Graph
from mediaproc.core.plan.geometry import display_size
from mediaproc.core.plan.model import Plan, Variant, VariantName
from mediaproc.core.plan.stream_selection import demand_video, refuse_beyond
from mediaproc.core.plan.video_filters import animation_graph, image_graph
from mediaproc.core.probe import Probe, VideoStream
from mediaproc.core.profile import Profile

# How far into a film its poster is looked for, as a part of it: behind titles and fades.
_TELLING = 0.1

# How much of a film is looked at for a poster (s).
_LOOKED_AT = 60.0

# A jpeg has no more bytes than this for each pixel.
_POSTER_BYTES_PER_PIXEL = 2


def image_plan(probe: Probe, *, profile: Profile, threads: int, limits: Limits) -> Plan:
    """The plan of a gif or a poster; raises BadSource where the source has no film or one the site does not take."""
    video = demand_video(probe)
    refuse_beyond(probe, video=video, limits=limits)
    image = _ImagePlan(probe=probe, video=video, profile=profile, threads=threads, limits=limits)
    pixels = image.size[0] * image.size[1]
    still = profile.medium is Medium.IMAGE
    length = min(image.length or profile.max_seconds, profile.max_seconds)
    memory = resources.video_memory(video, size=image.size, threads=threads, profile=profile, limits=limits)
    return Plan(
        profile=profile,
        output_name=f"output.{profile.extension}",
        mime_type=profile.mime_type,
        variants=image.poster_variants() if still else image.animation_variants(),
        duration=None if still else length,
        memory=memory + pixels * FRAMES_HELD * HELD_BYTES_PER_PIXEL,
        wall_limit=resources.wall_limit(probe, video=video, length=_LOOKED_AT, limits=limits),
        output_estimate=pixels * (_POSTER_BYTES_PER_PIXEL if still else int(profile.frame_rate * length) + 1),
        decode_test=arguments.one_picture(video.index),
        video=video,
        decoded_pixels=resources.decoded_pixels(video, limits=limits),
    )


@dataclass(frozen=True, kw_only=True)
class _ImagePlan:
    probe: Probe
    video: VideoStream
    profile: Profile
    threads: int
    limits: Limits

    @property
    def size(self) -> tuple[int, int]:
        return display_size(self.video, max_height=self.profile.max_height)

    @property
    def length(self) -> float | None:
        return expected_length.video_length(self.probe, self.video)

    def animation_variants(self) -> tuple[Variant, ...]:
        """The film's beginning at the profile's rate, else with all its pictures."""
        even = self._animation(self.profile.frame_rate)
        # At an even rate a single picture whose time falls between two ticks would be lost.
        every = self._animation(None)
        container = arguments.gif_container(self.profile, self.limits)
        # What paletteuse writes is bgra or a palette, by version.
        expected = self._expectation("gif", formats=("gif",), pixel_formats=("bgra", "pal8", "bgr8"))
        return (
            self._variant(VariantName.ENCODE, graph=even, container=container, expectation=expected),
            self._variant(VariantName.GENTLE, graph=every, container=container, expectation=expected),
        )

    def poster_variants(self) -> tuple[Variant, ...]:
        """A telling picture from behind the film's beginning; else one that is not black; else whichever comes."""
        # A bare stream has no times to seek by: nothing at all would come of it.
        is_seekable = not is_elementary_stream(self.probe.format_name)
        telling = ("-ss", f"{(self.length or 0.0) * _TELLING:.3f}") if is_seekable else ()
        light, whichever = (self._poster(skip_black=skip_black) for skip_black in (True, False))
        container = arguments.jpeg_container(self.limits)
        # A raw jpeg has no container: it is recognised by what it looks like.
        formats = ("jpeg_pipe", "mjpeg", "image2")
        expected = self._expectation("mjpeg", formats=formats, pixel_formats=("yuvj420p", "yuv420p"))
        look = ("-t", f"{_LOOKED_AT:g}")
        ways = (
            (VariantName.ENCODE, light, (*telling, *look)),
            (VariantName.START, light, look),
            (VariantName.GENTLE, whichever, look),
        )
        return tuple(
            self._variant(name, graph=graph, container=container, expectation=expected, seek=seek)
            for name, graph, seek in ways
        )

    def _animation(self, frame_rate: int | None) -> Graph:
        return animation_graph(self.video, size=self.size, background=self.profile.background, frame_rate=frame_rate)

    def _poster(self, *, skip_black: bool) -> Graph:
        return image_graph(self.video, size=self.size, background=self.profile.background, skip_black=skip_black)

    def _variant(
        self,
        name: VariantName,
        *,
        graph: Graph,
        container: tuple[str, ...],
        expectation: Expectation,
        seek: tuple[str, ...] = (),
    ) -> Variant:
        gentle = name is VariantName.GENTLE
        before = arguments.input_arguments(
            self.probe, limits=self.limits, threads=self.threads, discard_corrupt=not gentle
        )
        return Variant(
            name=name,
            input_arguments=(*before, *(() if gentle else arguments.alpha_decoder(self.video)), *seek),
            output_arguments=(
                *(arguments.TOLERATE_DAMAGE if gentle else ()),
                *arguments.picture_from(graph, threads=self.threads),
                *container,
            ),
            flags=("profile",),
            expectation=replace(expectation, is_last=gentle),
        )

    def _expectation(self, codec: str, *, formats: tuple[str, ...], pixel_formats: tuple[str, ...]) -> Expectation:
        # A poster is one of the whole film, an animation of its beginning.
        of = math.inf if self.profile.medium is Medium.IMAGE else self.profile.max_seconds
        missing = expected_length.missing_end(self.probe, self.video, of=of)
        length = expected_length.declared_length(self.probe, self.video)
        return Expectation(
            medium=self.profile.medium,
            streams=ExpectedStreams(
                formats=formats,
                video_codec=codec,
                pixel_formats=pixel_formats,
                width=self.size[0],
                height=self.size[1],
            ),
            content=ExpectedContent(
                hint=None if length is None else min(of, length), missing=missing, doubtful=missing
            ),
            limits=self.limits,
        )
