"""A file that is shown or heard, as the project knows it: none of it has been looked at yet."""

from dataclasses import dataclass
from enum import StrEnum


class MaterialKind(StrEnum):
    """What a material is taken for."""

    VIDEO = "video"
    # One picture, shown as long as its clip lasts.
    STILL = "still"
    # A picture that moves, and begins again at its end.
    LOOPED = "looped"
    SOUND = "sound"


@dataclass(frozen=True, kw_only=True)
class Material:
    """One file; all facts but its name are what the project claims, and a probe may find otherwise."""

    id: str
    kind: MaterialKind
    # As it is written in the project: to be looked up among the files that came with it, never opened.
    name: str
    # Pixels, 0 where the project does not say.
    width: int = 0
    height: int = 0
    # Microseconds, 0 where the project does not say.
    duration: int = 0
    # None where the project does not say.
    has_sound: bool | None = None

    @property
    def file_name(self) -> str:
        """The end of its name: the rest is a path of the author's computer, which concerns nobody."""
        return self.name.replace("\\", "/").rpartition("/")[2] or self.id
