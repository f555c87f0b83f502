"""Some frames of a timeline that one run of ffmpeg draws."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Window:
    """The frames from `first` on, up to before `end`, counted from the beginning of the timeline."""

    first: int
    end: int

    @property
    def frames(self) -> int:
        """How many there are."""
        return self.end - self.first

    def overlaps(self, first: int, end: int) -> bool:
        """Whether any of these frames lies in it."""
        return first < self.end and end > self.first

    def within(self, other: "Window") -> "Window":
        """The frames that both have; at least one must be."""
        return Window(first=max(self.first, other.first), end=min(self.end, other.end))
