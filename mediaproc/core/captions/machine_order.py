"""In which order the faces of a machine are taken, so that the same draft looks the same each time."""

from collections.abc import Iterable, Mapping, Sequence

from mediaproc.core.captions.chosen import AvailableFace

# All have an open licence. The first ones have Chinese, Japanese and Korean letters beside Latin ones.
PREFERRED = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei"),
    *("Noto Sans", "Inter", "DejaVu Sans"),
)
# Looking through more costs time for each character, and brings none.
_MOST_FACES = 500
_REGULAR, _BOLD = 400, 700


class MachineOrder:
    """The faces of a machine, the best first; remembers which one is the first that has a character."""

    def __init__(self, faces: Iterable[AvailableFace]) -> None:
        self._faces: Sequence[AvailableFace] = sorted(faces, key=_rank)[:_MOST_FACES]
        self._first_with: dict[str, int | None] = {}

    @property
    def first(self) -> AvailableFace | None:
        """The best one, None where the machine has none."""
        return self._faces[0] if self._faces else None

    def faces_for(self, characters: set[str], *, is_bold: bool, is_italic: bool) -> Mapping[str, AvailableFace]:
        """A face for each of the characters that any has: one face for all of them, where there is one."""
        places = {character: self._place(character) for character in sorted(characters)}
        known = {character: place for character, place in places.items() if place is not None}
        if not known:
            return {}
        # No face before this one has all of them.
        start = max(known.values())
        for available in self._faces[start:]:
            if all(available.face.has(character) for character in known):
                styled = self._styled(available, known, is_bold=is_bold, is_italic=is_italic)
                return dict.fromkeys(known, styled)
        return {
            character: self._styled(self._faces[place], [character], is_bold=is_bold, is_italic=is_italic)
            for character, place in known.items()
        }

    def _place(self, character: str) -> int | None:
        if character not in self._first_with:
            places = (place for place, each in enumerate(self._faces) if each.face.has(character))
            self._first_with[character] = next(places, None)
        return self._first_with[character]

    def _styled(
        self, available: AvailableFace, characters: Iterable[str], *, is_bold: bool, is_italic: bool
    ) -> AvailableFace:
        """The face of the same family that is bold or italic where that is asked, else the one given."""
        if (is_bold, is_italic) == (available.face.is_bold, available.face.is_italic):
            return available
        siblings = (each for each in self._faces if each.face.family == available.face.family)
        wanted = (each for each in siblings if (each.face.is_bold, each.face.is_italic) == (is_bold, is_italic))
        return next((each for each in wanted if all(map(each.face.has, characters))), available)


def _rank(available: AvailableFace) -> tuple[int, bool, bool, int, str, str, int]:
    face = available.face
    place = PREFERRED.index(face.family) if face.family in PREFERRED else len(PREFERRED)
    off = abs(face.weight - (_BOLD if face.is_bold else _REGULAR))
    return place, face.is_italic, face.is_bold, off, face.family, available.path, available.index
