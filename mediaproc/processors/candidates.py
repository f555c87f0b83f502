"""The processors that there may be: our own, and those that installed packages name; none of them is loaded here."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from mediaproc import __version__
from mediaproc.processors.interface import GROUP

# The same as in `pyproject.toml`, which only an installation reads.
_OWN = {
    "transcoding": "mediaproc.processors.transcoding:TranscodingProcessor",
    "draft": "mediaproc.processors.draft:DraftProcessor",
}
OWN_DISTRIBUTION = "mediaproc"


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A processor by its name, and what brings it; `load` imports it."""

    name: str
    distribution: str
    version: str
    load: Callable[[], object]

    @property
    def is_own(self) -> bool:
        """Whether it comes with mediaproc itself."""
        return self.distribution == OWN_DISTRIBUTION


def own_candidates() -> tuple[Candidate, ...]:
    """Those of mediaproc itself, also where it runs from a checkout that nobody has installed anew."""
    return tuple(
        _candidate(EntryPoint(name=name, value=value, group=GROUP), of=OWN_DISTRIBUTION, version=__version__)
        for name, value in _OWN.items()
    )


def other_candidates() -> tuple[Candidate, ...]:
    """Those of the packages that are installed beside, always in the same order."""
    return tuple(sorted(_of_others(), key=lambda each: (each.name, each.distribution)))


def _of_others() -> Iterator[Candidate]:
    for point in entry_points(group=GROUP):
        of = point.dist.name if point.dist else "an unknown package"
        if of != OWN_DISTRIBUTION:
            yield _candidate(point, of=of, version=point.dist.version if point.dist else "?")


def _candidate(point: EntryPoint, *, of: str, version: str) -> Candidate:
    return Candidate(name=point.name, distribution=of, version=version, load=point.load)
