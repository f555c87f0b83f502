"""Chooses the faces for all texts of a timeline: those of its bundle first, else open ones of this machine."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from mediaproc.core.captions.captions import Captions
from mediaproc.core.captions.characters import LINE_END, is_blank, is_joiner, is_left_out, is_mark, is_private
from mediaproc.core.captions.chosen import AvailableFace, FaceFile, Line, Stretch
from mediaproc.core.captions.largest import is_too_large, largest_scale, may_be_too_large
from mediaproc.core.captions.layout import lay_out
from mediaproc.core.captions.machine_order import MachineOrder
from mediaproc.core.notes.codes import NoteCode
from mediaproc.core.notes.taking import Notes, Where
from mediaproc.core.timeline.frame_grid import FrameGrid
from mediaproc.core.timeline.model import Canvas, Timeline
from mediaproc.core.timeline.text import Text, TextStyle

_MOST_NAMED = 8

# A character, and the style of the run that it stands in.
_Letter = tuple[str, TextStyle]


def choose_faces(
    timeline: Timeline,
    *,
    bundled: Mapping[str, AvailableFace | str],
    machine: Sequence[AvailableFace],
    notes: Notes,
) -> Captions:
    """The captions of a timeline and of those within it; what is drawn in another face, or not at all, has a note.

    `bundled`: by the name that the texts' styles have, a face of the bundle, or why its file cannot be used.
    """
    choice = _Choice(bundled=bundled, machine=MachineOrder(machine), notes=notes)
    choice.take(timeline)
    return Captions(lines=choice.lines, faces=tuple(choice.files.values()))


@dataclass(frozen=True, kw_only=True)
class _StyleFaces:
    """The faces of one style within one text: the bundle's own, and another for each character that it lacks."""

    own: AvailableFace | None
    others: Mapping[str, AvailableFace]
    # For what is blank, and for lines without words.
    usual: AvailableFace | None

    def of(self, character: str, *, before: AvailableFace | None) -> AvailableFace | None:
        """The face for a character that follows one in the face `before`; None where nothing is drawn of it."""
        if is_mark(character) or is_joiner(character):
            if before is not None and before.face.has(character):
                return before
            if is_joiner(character):
                return None
        if is_blank(character):
            return before or self.usual
        if self.own is not None and self.own.face.has(character):
            return self.own
        return self.others.get(character)


@dataclass(kw_only=True)
class _Choice:
    """What was chosen so far."""

    bundled: Mapping[str, AvailableFace | str]
    machine: MachineOrder
    notes: Notes
    lines: dict[Text, tuple[Line, ...]] = field(default_factory=dict)
    files: dict[tuple[str, str, int], FaceFile] = field(default_factory=dict)

    def take(self, timeline: Timeline) -> None:
        """All texts of a timeline."""
        grid = FrameGrid(rate=timeline.rate)
        for layer in timeline.layers:
            for clip in layer.clips:
                if isinstance(clip.source, Timeline):
                    self.take(clip.source)
            for text in layer.texts:
                start = grid.microseconds(text.first)
                where = Where(segment_id=text.id, start=start, duration=grid.microseconds(text.end) - start)
                lines = self._lines(text, where=where)
                if lines is not None:
                    self.lines[text] = lines
                    self._tell_size(text, lines, canvas=timeline.canvas, where=where)

    def _lines(self, text: Text, *, where: Where) -> tuple[Line, ...] | None:
        """The lines as their words break them, None where a character has no face."""
        letters = list(_letters(text))
        needed: dict[TextStyle, set[str]] = {}
        for character, style in letters:
            found = needed.setdefault(style, set())
            if not (is_blank(character) or is_joiner(character) or character == LINE_END):
                found.add(character)
        styles = {style: self._faces(style, characters=found) for style, found in needed.items()}
        missing = sorted(
            {each for style, found in needed.items() for each in found if not styles[style].of(each, before=None)}
        )
        if missing or not any(needed.values()):
            named = " ".join(missing[:_MOST_NAMED])
            self.notes.take(NoteCode.TEXT_WITHOUT_GLYPHS, where, name=named)
            return None
        self._tell(styles, where=where)
        return tuple(self._line(line, styles=styles) for line in _split(letters))

    def _faces(self, style: TextStyle, *, characters: set[str]) -> _StyleFaces:
        named = self.bundled.get(style.font)
        own = named if isinstance(named, AvailableFace) else None
        rest = {character for character in characters if own is None or not own.face.has(character)}
        # What is for private use means something only in the face that it was written for.
        rest = {character for character in rest if not is_private(character)}
        others = self.machine.faces_for(rest, is_bold=style.is_bold, is_italic=style.is_italic)
        usual = own or next(iter(others.values()), None) or self.machine.first
        return _StyleFaces(own=own, others=others, usual=usual)

    def _tell(self, styles: Mapping[TextStyle, _StyleFaces], *, where: Where) -> None:
        for style, faces in styles.items():
            named = self.bundled.get(style.font)
            file_name = style.font.replace("\\", "/").rpartition("/")[2]
            if isinstance(named, str):
                self.notes.take(NoteCode.FACE_UNUSABLE, where, name=file_name, value=named)
            for other in sorted({each.face.family for each in faces.others.values()}):
                if faces.own is not None:
                    self.notes.take(NoteCode.FACE_WITHOUT_GLYPHS, where, name=file_name, value=other)
                else:
                    self.notes.take(NoteCode.TEXT_FACE, where, name=other)

    def _tell_size(self, text: Text, lines: Sequence[Line], *, canvas: Canvas, where: Where) -> None:
        if not may_be_too_large(text, canvas=canvas):
            return
        layout = lay_out(text, lines)
        largest = largest_scale(layout, canvas=canvas)
        if is_too_large(text, largest=largest):
            self.notes.take(NoteCode.TEXT_TOO_LARGE, where, value=str(round(largest * layout.line_height)))

    def _line(self, letters: Sequence[_Letter], *, styles: Mapping[TextStyle, _StyleFaces]) -> Line:
        drawn: list[tuple[str, TextStyle, AvailableFace]] = []
        for character, style in letters:
            face = styles[style].of(character, before=drawn[-1][2] if drawn else None)
            if face is not None and character != LINE_END:
                drawn.append((character, style, face))
        if not drawn:
            style = letters[0][1]
            usual = styles[style].usual or next(each.usual for each in styles.values() if each.usual)
            return (self._stretch("", style, usual),)
        return tuple(
            self._stretch("".join(character for character, _, _ in group), style, face)
            for (style, face), group in _grouped(drawn)
        )

    def _stretch(self, words: str, style: TextStyle, available: AvailableFace) -> Stretch:
        key = (available.bundled, available.path, available.index)
        if key not in self.files:
            number = len(self.files) + 1
            self.files[key] = FaceFile(name=f"fonts/f{number:02d}.ttf", family=f"mp{number:02d}", source=available)
        return Stretch(words=words, style=style, file=self.files[key])


def _letters(text: Text) -> Iterator[_Letter]:
    for run in text.runs:
        for character in text.words[run.first : run.end]:
            if character == LINE_END or not is_left_out(character):
                yield character, run.style


def _split(letters: Sequence[_Letter]) -> Iterator[Sequence[_Letter]]:
    """The letters of each line; the end of a line stands at its end, so that no line is empty."""
    first = 0
    for place, (character, _) in enumerate(letters):
        if character == LINE_END:
            yield letters[first : place + 1]
            first = place + 1
    if first < len(letters):
        yield letters[first:]


def _grouped(
    drawn: Sequence[tuple[str, TextStyle, AvailableFace]],
) -> Iterator[tuple[tuple[TextStyle, AvailableFace], list[tuple[str, TextStyle, AvailableFace]]]]:
    for _, group in groupby(drawn, key=lambda each: (id(each[1]), id(each[2]))):
        same = list(group)
        yield (same[0][1], same[0][2]), same
