"""Whether a material of a project can be used: a film, a picture or sound; and what its editor is told."""

from collections.abc import Iterator
from contextlib import contextmanager

from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.limits import Limits
from mediaproc.core.plan.stream_selection import choose_audio_stream, choose_video_stream, refuse_beyond
from mediaproc.core.probe import Probe
from mediaproc.core.safe_text import shown

_MOST_OF_A_NAME = 120
_WELL_KNOWN = "mp4, mov, mkv, png, jpg, gif, mp3, wav and others"


def require_usable(probe: Probe, *, limits: Limits) -> None:
    """Passes where the material has a picture or sound that can be decoded, within what the site takes.

    Raises BadSource, as for a source.
    """
    video, audio = choose_video_stream(probe), choose_audio_stream(probe)
    if video is None and audio is None:
        raise BadSource(
            "It has neither a picture nor sound that can be decoded here.", error_class=ErrorClass.UNDECODABLE
        )
    refuse_beyond(probe, video=video, limits=limits)


@contextmanager
def told_of_material(name: str) -> Iterator[None]:
    """What is raised of a source inside the block is told of the material that the project calls so."""
    try:
        yield
    except BadSource as error:
        match error.error_class:
            case ErrorClass.UNREADABLE:
                what = f"is no film, picture or sound in a format that can be read here ({_WELL_KNOWN})"
            case ErrorClass.EMPTY:
                what = "is an empty file"
            case _:
                what = f"cannot be used: {error}"
        named = f'The material "{shown(name, limit=_MOST_OF_A_NAME)}" {what}'
        raise BadSource(
            named if named.endswith(".") else f"{named}; put the original file in its place.",
            error_class=error.error_class,
        ) from error
