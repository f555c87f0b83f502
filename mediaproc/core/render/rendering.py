"""The plan that draws a timeline: its windows one after the other, its sound, and all of it as one film."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mediaproc.core.captions import Captions
from mediaproc.core.expectation import DrawnExpectation, Expectation, ExpectedStreams, Look, Medium
from mediaproc.core.limits import Limits
from mediaproc.core.notes import Notes
from mediaproc.core.plan import arguments
from mediaproc.core.plan.model import GRAPH_OPTION, Plan, Step, Variant, VariantName
from mediaproc.core.profile import Profile
from mediaproc.core.render import cost
from mediaproc.core.render.drawing import Drawing
from mediaproc.core.render.encoding import encode_pictures, encode_sound, even_clock
from mediaproc.core.render.join import LIST, joined_pictures, slice_list, slice_name
from mediaproc.core.render.picture import draw_pictures
from mediaproc.core.render.room_file import Files
from mediaproc.core.render.samples import frames_to_look_at, is_repeatable, listens, shown_at
from mediaproc.core.render.slices import windows
from mediaproc.core.render.sound_mix import Mix, mix_sounds
from mediaproc.core.render.visible import refuse_unseen
from mediaproc.core.render.window import Window
from mediaproc.core.timeline import Timeline


def make_rendering(
    timeline: Timeline,
    *,
    files: Files,
    tables: Mapping[str, str],
    captions: Captions,
    profile: Profile,
    threads: int,
    limits: Limits,
    notes: Notes,
) -> Plan:
    """The plan of a timeline; `tables` are its lookup tables by their names in the project, and in the room.

    Raises:
        BadSource: it is more than the site takes, a material has no picture or sound, or nothing is seen.
    """
    cost.refuse_beyond(timeline, files=files, limits=limits)
    refuse_unseen(timeline, files=files, captions=captions, notes=notes, accept_missing=profile.accept_missing)
    painter = _Painter(
        timeline=timeline, files=files, tables=tables, captions=captions, limits=limits, notes=notes, threads=threads
    )
    slices = [painter.drawn(window, name=f"slice{number}") for number, window in _numbered(timeline, files=files)]
    mix = mix_sounds(timeline, files=files, notes=notes, accept_missing=profile.accept_missing)
    film = _Film(timeline=timeline, slices=slices, mix=mix, profile=profile, threads=threads, limits=limits)
    frames = frames_to_look_at([each.window for each in slices])
    looks = [painter.look(frame) for frame in frames if is_repeatable(timeline, frame, files=files)]
    return Plan(
        profile=profile,
        output_name=f"output.{profile.extension}",
        mime_type=profile.mime_type,
        variants=(_variant(film, looks=[look for look, _ in looks], files=files),),
        duration=float(timeline.frames / timeline.rate),
        memory=cost.memory([each.drawing for each in slices], canvas=timeline.canvas, threads=threads, profile=profile)
        + captions.memory,
        wall_limit=cost.wall_limit(timeline, steps=len(film.steps), files=files, limits=limits),
        output_estimate=film.stored + cost.output_size(timeline, profile=profile, limits=limits),
        decode_test=("-frames:v", "1"),
        texts={**film.texts, **{name: text for _, texts in looks for name, text in texts.items()}},
        materials={file.name: material.name for material, file in files.items()},
    )


@dataclass(frozen=True, kw_only=True)
class _Drawn:
    """A window's pictures, and the name of their graph in the room; all texts have names of their own."""

    window: Window
    drawing: Drawing
    graph_name: str

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(word for each in self.drawing.inputs for word in each)


@dataclass(frozen=True, kw_only=True)
class _Painter:
    """Draws windows of a timeline."""

    timeline: Timeline
    files: Files
    tables: Mapping[str, str]
    captions: Captions
    limits: Limits
    notes: Notes
    threads: int

    def drawn(self, window: Window, *, name: str) -> _Drawn:
        """The window; its texts get names that begin with `name`, since each window counts them anew."""
        drawing = draw_pictures(
            self.timeline,
            window=window,
            files=self.files,
            tables=self.tables,
            captions=self.captions,
            notes=self.notes,
            limits=self.limits,
            threads=self.threads,
        )
        graph = drawing.graph
        for each in drawing.texts:
            graph = graph.replace(each, f"{name}{each}")
        texts = {f"{name}{each}": text for each, text in drawing.texts.items()}
        return _Drawn(
            window=window,
            drawing=Drawing(inputs=drawing.inputs, graph=graph, texts=texts, pixels=drawing.pixels),
            graph_name=f"{name}.txt",
        )

    def look(self, frame: int) -> tuple[Look, Mapping[str, str]]:
        """One picture drawn alone, and the texts that it needs."""
        name = f"look{frame}"
        drawn = self.drawn(Window(first=frame, end=frame + 1), name=name)
        shown, seconds = shown_at(self.timeline, frame, files=self.files)
        step = Step(
            name=f"picture {frame}",
            arguments=(
                *(*drawn.inputs, GRAPH_OPTION, drawn.graph_name, "-map", "[picture]", "-frames:v", "1"),
                # Not ffv1: ffmpeg 5 allocates 148 bytes a pixel for it, for 4K more than a picture is allowed.
                *("-c:v", "ffvhuff", "-f", "matroska"),
            ),
            output=f"{name}.mkv",
            inputs=len(drawn.drawing.inputs),
        )
        texts = {drawn.graph_name: drawn.drawing.graph, **drawn.drawing.texts}
        if shown is None or shown.video is None:
            return Look(frame=frame, step=step), texts
        return Look(frame=frame, step=step, shows=shown.name, seconds=seconds, stream=shown.video.index), texts


@dataclass(frozen=True, kw_only=True)
class _Film:
    """The steps that make the film of its slices and its sound."""

    timeline: Timeline
    slices: Sequence[_Drawn]
    mix: Mix | None
    profile: Profile
    threads: int
    limits: Limits

    @property
    def steps(self) -> tuple[Step, ...]:
        before = self.mix.steps if self.mix is not None else ()
        if len(self.slices) == 1:
            return (*before, self._whole(self.slices[0]))
        return (*before, *(self._slice(number) for number in range(len(self.slices))), self._joined)

    @property
    def texts(self) -> Mapping[str, str]:
        texts = dict(self.mix.texts) if self.mix is not None else {}
        for each in self.slices:
            texts |= {each.graph_name: each.drawing.graph, **each.drawing.texts}
        only = self.slices[0]
        if len(self.slices) > 1:
            texts[LIST] = slice_list([each.window for each in self.slices], rate=self.timeline.rate)
            if self.mix is not None:
                texts[_SOUND] = self.mix.graph(first_input=1)
        elif self.mix is not None:
            texts[only.graph_name] += f";\n{self.mix.graph(first_input=len(only.drawing.inputs))}"
        return texts

    @property
    def stored(self) -> int:
        """Bytes of all files that are no longer there when the film is."""
        slices = cost.output_size(self.timeline, profile=self.profile, limits=self.limits)
        return (slices if len(self.slices) > 1 else 0) + (self.mix.stored if self.mix is not None else 0)

    def _whole(self, drawn: _Drawn) -> Step:
        return Step(
            name="film",
            arguments=(
                *drawn.inputs,
                *(self._sound_inputs if self.mix is not None else ()),
                *(GRAPH_OPTION, drawn.graph_name),
                *self._pictures,
                *self._sound,
                *arguments.mp4_container(self.limits),
            ),
            output=f"output.{self.profile.extension}",
            frames=self.timeline.frames,
            inputs=len(drawn.drawing.inputs) + (len(self.mix.inputs) if self.mix is not None else 0),
            threads=self.threads,
        )

    def _slice(self, place: int) -> Step:
        drawn = self.slices[place]
        return Step(
            name=f"pictures {place + 1} of {len(self.slices)}",
            arguments=(
                *drawn.inputs,
                *(GRAPH_OPTION, drawn.graph_name, *self._pictures),
                *("-map_metadata", "-1", "-f", "mp4"),
            ),
            output=slice_name(place + 1),
            frames=drawn.window.frames,
            inputs=len(drawn.drawing.inputs),
            threads=self.threads,
        )

    @property
    def _joined(self) -> Step:
        slices, copy = joined_pictures()
        graph = (GRAPH_OPTION, _SOUND) if self.mix is not None else ()
        return Step(
            name="film",
            arguments=(
                *(*slices, *self._sound_inputs, *graph, *copy, *even_clock(self.timeline.rate)),
                *(*self._sound, *arguments.mp4_container(self.limits)),
            ),
            output=f"output.{self.profile.extension}",
            inputs=1 + (len(self.mix.inputs) if self.mix is not None else 0),
        )

    @property
    def _pictures(self) -> tuple[str, ...]:
        return encode_pictures(
            "[picture]",
            rate=self.timeline.rate,
            profile=self.profile,
            threads=self.threads,
        )

    @property
    def _sound_inputs(self) -> tuple[str, ...]:
        return tuple(word for each in self.mix.inputs for word in each) if self.mix is not None else ()

    @property
    def _sound(self) -> tuple[str, ...]:
        return encode_sound("[sound]", profile=self.profile) if self.mix is not None else ("-an",)


# The graph of the sound where it does not stand with that of the pictures.
_SOUND = "sound.txt"


def _numbered(timeline: Timeline, *, files: Files) -> Sequence[tuple[int, Window]]:
    return list(enumerate(windows(timeline, files=files), start=1))


def _variant(film: _Film, *, looks: Sequence[Look], files: Files) -> Variant:
    timeline, mix = film.timeline, film.mix
    return Variant(
        name=VariantName.ENCODE,
        input_arguments=(),
        output_arguments=(),
        flags=("draft",),
        steps=film.steps,
        expectation=Expectation(
            medium=Medium.VIDEO,
            streams=ExpectedStreams(
                formats=("mov",),
                video_codec="h264",
                pixel_formats=("yuv420p",),
                codec_tag="avc1",
                audio_codec=None if mix is None else "aac",
                width=_even(timeline.canvas.width),
                height=_even(timeline.canvas.height),
            ),
            drawn=DrawnExpectation(
                frames=timeline.frames,
                rate=timeline.rate,
                audio_seconds=None if mix is None else mix.seconds,
                looks=tuple(looks),
                listens=() if mix is None else tuple(listens(timeline, files=files)),
            ),
            is_last=True,
            limits=film.limits,
        ),
    )


def _even(side: int) -> int:
    return side + side % 2
